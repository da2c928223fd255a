import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ping } from '../../src/health/probes/icmp.js';
import type { LiveMonitor, LiveOrigin } from '../../src/state/snapshot.js';
import { liveMonitor, liveOrigin, livePool } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';
import { turnsDuring } from '../support/turns.js';

const POOL = livePool().id;

/** Puts a stand-in for the system's ping, a shell script, before all others; gives the file of its arguments. */
async function standIn(script: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'offramp-ping-'));
  const file = path.join(folder, 'ping');
  await writeFile(file, `#!/bin/sh\necho "$@" >> ${folder}/arguments\n${script}\n`);
  await chmod(file, 0o755);
  usePath(`${folder}:${process.env.PATH}`);
  onTestFinished(() => rm(folder, { recursive: true }));
  return path.join(folder, 'arguments');
}

function usePath(value: string): void {
  const before = process.env.PATH;
  process.env.PATH = value;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

function probe(monitor: Partial<LiveMonitor>, origin: Partial<LiveOrigin> = {}) {
  const bench = startProber();
  bench.apply({
    monitor: [liveMonitor({ type: 'icmp_ping', ...monitor })],
    pool: [livePool({ origins: [liveOrigin(origin)] })],
  });
  return bench;
}

const REPLY = 'echo "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=1.25 ms"';

test('an echo that is answered is healthy, with the round trip that ping tells', async () => {
  const file = await standIn(REPLY);
  expect(await probe({}).verdict(POOL)).toMatchObject({ state: 'healthy', rttMs: 1.25, responseCode: 0 });
  expect(await probe({}, { address: '::1' }).verdict(POOL)).toMatchObject({ state: 'healthy' });
  expect(await probe({}, { address: 'localhost' }).verdict(POOL)).toMatchObject({ state: 'healthy' });
  const calls = (await readFile(file, 'utf8')).trim().split('\n');
  expect(calls.slice(0, 2)).toEqual(['-c 1 127.0.0.1', '-c 1 ::1']);
  expect(calls[2]).toMatch(/^-c 1 (127\.0\.0\.1|::1)$/);
});

test('nothing is sent to an address that may not be dialled without a virtual network', async () => {
  const file = await standIn(REPLY);
  for (const type of ['icmp_ping', 'udp_icmp'] as const)
    for (const address of ['192.0.2.1', '169.254.169.254', 'fe80::1'])
      expect(await probe({ type }, { address }).verdict(POOL), `${type} ${address}`).toMatchObject({
        state: 'unhealthy',
        failureReason: 'Network Unreachable',
      });
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});

test.each([
  ['1 packets transmitted, 0 received, 100% packet loss', 1, 'TCP Timeout'],
  ['From 10.0.0.2 icmp_seq=1 Destination Host Unreachable', 1, 'No route to host error'],
  ['ping: connect: Network is unreachable', 2, 'Network Unreachable'],
  ['ping: socket: Operation not permitted', 2, 'Monitor Config Error'],
  ['ping: permission denied (are you root?)', 1, 'Monitor Config Error'],
  ['something else', 2, 'Other Failure'],
])('%j with code %i is: %s', async (output, code, failureReason) => {
  await standIn(`echo "${output}" >&2; exit ${code}`);
  expect(await probe({ retries: 0 }).verdict(POOL)).toMatchObject({ state: 'unhealthy', failureReason });
});

test('without a ping program the monitor cannot run', async () => {
  usePath('/nowhere');
  expect(await probe({}).verdict(POOL)).toMatchObject({ failureReason: 'Monitor Config Error' });
});

test('a name that nobody knows is not pinged', async () => {
  const file = await standIn(REPLY);
  const bench = probe({}, { address: 'nobody.invalid' });
  expect(await bench.verdict(POOL)).toMatchObject({ failureReason: 'DNS Unknown Host' });
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a ping that takes too long is killed, and tried again as often as the monitor says', async () => {
  const file = await standIn('exec sleep 600');
  const bench = probe({ retries: 1, timeout: 2 });
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await until(async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').length > attempt);
    bench.clock.advance(2_000);
  }
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'unhealthy', failureReason: 'TCP Timeout' });
});

/** A UDP port that tells when it is sent something. */
async function udpOrigin() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let open = true;
  const close = () => {
    if (open) socket.close();
    open = false;
  };
  onTestFinished(close);
  return { socket, port: socket.address().port, close };
}

test('T18 a UDP port that stays silent until the timeout is healthy', async () => {
  await standIn(REPLY);
  const { socket, port } = await udpOrigin();
  const received = once(socket, 'message');
  const bench = probe({ type: 'udp_icmp', port });
  await received;
  expect(bench.healthOf(POOL)?.state).toBe('unknown');
  bench.clock.advance(5_000);
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy', rttMs: 1.25 });
});

test('a UDP port that answers is healthy at once', async () => {
  await standIn(REPLY);
  const { socket, port } = await udpOrigin();
  socket.on('message', (_message, { port: from }) => socket.send('hello', from, '127.0.0.1'));
  expect(await probe({ type: 'udp_icmp', port }).verdict(POOL)).toMatchObject({ state: 'healthy' });
});

test('T18 a UDP port that is closed is unhealthy, and so is an origin that answers no echo', async () => {
  await standIn(REPLY);
  const { port, close } = await udpOrigin();
  close();
  expect(await probe({ type: 'udp_icmp', port }).verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'TCP connection failed',
  });
  await standIn('echo "1 packets transmitted, 0 received"; exit 1');
  expect(await probe({ type: 'udp_icmp', port, retries: 0 }).verdict(POOL)).toMatchObject({
    failureReason: 'TCP Timeout',
  });
});

test('programs are started one in each turn of the event loop, so that traffic runs between', async () => {
  usePath('/nowhere');
  const { signal } = new AbortController();
  const turns = await turnsDuring(() =>
    Promise.allSettled(Array.from({ length: 40 }, () => ping('127.0.0.1', signal))),
  );
  expect(turns).toBeGreaterThanOrEqual(39);
});
