import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { runningOfframp, startOfframp } from '../support/offramp.js';
import { startOriginProcess } from '../support/origin-process.js';
import { collect, FREE_PORTS, MAIN, readyLine } from '../support/program.js';
import { eventually } from '../support/waiting.js';

/** A process that may have so many descriptors, and what it logs. */
async function startWithDescriptors(limit: number, flags: readonly string[] = []) {
  const script = `ulimit -n ${limit} && exec "$@"`;
  const argv = [process.execPath, MAIN, 'start', '--json', '--memory', ...FREE_PORTS, ...flags];
  const child: ChildProcess = spawn('sh', ['-c', script, 'sh', ...argv], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const log = collect(child.stderr!);
  return { ...runningOfframp(child, await readyLine(child)), log };
}

/** Connections that have sent these bytes, and are never ended from here. `gone` are those that the other side has ended. */
function hangOn(address: string, count: number, bytes: string) {
  const [host, port] = address.split(':');
  const gone = new Set<net.Socket>();
  let connected = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = net.connect({ host: host!, port: Number(port), allowHalfOpen: true });
    socket.on('error', () => {});
    socket.once('end', () => gone.add(socket));
    socket.once('close', () => gone.add(socket));
    socket.once('connect', () => {
      connected += 1;
    });
    socket.resume();
    socket.write(bytes);
    return socket;
  });
  const end = () => sockets.forEach((socket) => void socket.destroy());
  onTestFinished(end);
  return { connected: () => connected, gone: () => gone.size, end };
}

const HALF_A_HEAD = 'GET /client/v4/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bea';

test('while 1,100 half-sent API requests hang, traffic has its descriptors; then the API answers again', async () => {
  const offramp = await startWithDescriptors(1_024);
  const api = apiOf(offramp);
  const origin = await startOriginProcess('traffic', '127.0.0.1');
  onTestFinished(() => origin.kill());
  const pool = await api.create('@/load_balancers/pools', {
    name: 'traffic',
    origins: [{ name: 'one', address: 'localhost', port: origin.port, enabled: true }],
  });
  const balancer = {
    name: 'www.example.com',
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  };
  await api.create('%/load_balancers', balancer);

  const hanging = hangOn(new URL(offramp.apiUrl).host, 1_100, HALF_A_HEAD);
  // The greater part is refused at once; what the API lets in is a quarter of the descriptors.
  await eventually(() => hanging.connected() === 1_100 && hanging.gone() >= 1_100 - 256);
  const [hostname, port] = offramp.http.split(':');
  // 200 visitors at once, each with a connection of its own and one to the origin.
  const visits = Array.from({ length: 200 }, () => {
    const request = http.get({ hostname, port, agent: false, headers: { host: 'www.example.com' } });
    return once(request, 'response').then(async ([response]) => (await response.toArray()).join(''));
  });
  expect(new Set(await Promise.all(visits))).toEqual(new Set(['traffic']));
  expect(offramp.log()).toContain('--max-api-connections');
  expect(offramp.log()).not.toContain('descriptor');

  // Half a head is waited for ten seconds, and whoever never ends its side of the connection is not waited for.
  await eventually(() => hanging.gone() === 1_100);
  await eventually(async () => (await api.get('/accounts').catch(() => null))?.status === 200);
});

test('connections that rest make room for others before the limit is reached; a client that sends half a body is not waited for without end', async () => {
  const offramp = await startOfframp(['--max-api-connections', '16']);
  onTestFinished(() => offramp.stop().then(() => undefined));
  const { host } = new URL(offramp.apiUrl);
  const request = 'GET /_offramp/health HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const resting = hangOn(host, 14, request);
  await eventually(() => resting.connected() === 14);
  for (let i = 0; i < 40; i++) expect((await fetch(`http://${host}/_offramp/health`)).status).toBe(200);
  const busy = hangOn(host, 16, HALF_A_HEAD);
  await eventually(() => resting.gone() === 14);
  busy.end();

  const head = `POST /client/v4/zones HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`;
  const half = hangOn(host, 1, head);
  await eventually(() => half.gone() === 1);
});

test('that descriptors run out is logged, with the limit and where to raise it', async () => {
  const offramp = await startWithDescriptors(256);
  const clients = hangOn(offramp.http, 400, 'GET / HTTP/1.1\r\n');
  await eventually(() => offramp.log().includes('no file descriptor is left (EMFILE)'));
  const entry = offramp
    .log()
    .split('\n')
    .find((line) => line.includes('EMFILE'))!;
  expect(JSON.parse(entry)).toMatchObject({
    limit: 256,
    msg: expect.stringMatching(/ulimit -n.*LimitNOFILE/),
  });
  clients.end();
});
