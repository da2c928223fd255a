import { randomUUID } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { EdgeOptions } from '../../src/tunnel/edge/edge.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { fromConnector, ingressTo } from '../edge/fake-ingress.js';
import { cleanUp, startEdge, startRelay, type TestEdge, type TestTunnel } from '../edge/fixture.js';
import { connectRaw } from '../edge/raw-connector.js';
import { httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

afterEach(cleanUp);

const POOL = livePool().id;

type OnStream = (stream: ServerHttp2Stream, headers: Parameters<Parameters<typeof connectRaw>[2]>[1]) => void;

const refuse = (stream: ServerHttp2Stream, code: string) =>
  stream.respond(
    {
      ':status': 502,
      'cf-cloudflared-response-meta': JSON.stringify({ src: 'cloudflared', dial_error: code }),
    },
    { endStream: true },
  );

/** Reaches the port of loopback, whatever address is asked for. */
const reach =
  (port: number): OnStream =>
  (stream) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      stream.respond({ ':status': 200 });
      stream.pipe(socket).pipe(stream);
    });
    socket.on('error', () => stream.close());
    stream.on('close', () => socket.destroy());
  };

async function connector(edge: TestEdge, tunnel: TestTunnel, onStream: OnStream) {
  const one = { clientId: randomUUID(), asked: 0, onStream };
  await connectRaw(
    edge,
    tunnel,
    (stream, headers) => {
      one.asked += 1;
      one.onStream(stream, headers);
    },
    { clientId: one.clientId },
  );
  return one;
}

/** A prober and an edge with one tunnel, to which 10.0.0.0/8 leads. Timers of the edge are real. */
async function start(options: Partial<EdgeOptions> = {}) {
  const edge = await startEdge(options);
  const tunnel = edge.addTunnel({ accountId: 'account-1' });
  edge.store.apply({
    revision: 2,
    complete: false,
    upsert: { route: [liveRoute({ tunnelId: tunnel.id })] },
    remove: {},
  });
  const offramps = createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() });
  const bench = startProber({ offramps, tunnels: edge.edge });
  return { edge, tunnel, bench };
}

const privatePool = livePool({ origins: [liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' })] });
const up = () => httpOrigin((_request, response) => response.end());

test('a target is up as long as one connector of its tunnel reaches it, check after check', async () => {
  const { edge, tunnel, bench } = await start();
  const dead = await connector(edge, tunnel, (stream) => refuse(stream, 'ENETUNREACH'));
  const alive = await connector(edge, tunnel, reach((await up()).port));
  bench.apply({ monitor: [liveMonitor({ retries: 0 })], pool: [privatePool] });
  await bench.verdict(POOL);
  for (let check = 1; check <= 8; check += 1) {
    await until(() => bench.clock.pending > 0 && bench.healthOf(POOL)?.checkedAt === bench.clock.now());
    bench.clock.advance(60_000);
    await until(() => bench.healthOf(POOL)?.checkedAt === bench.clock.now());
  }
  expect(bench.transitions.map(({ to }) => to)).toEqual(['healthy']);
  expect(dead.asked).toBeLessThanOrEqual(1);
  expect(alive.asked).toBe(9);
});

test('a target is down when no connector reaches it, and each of them is named with its reason', async () => {
  const { edge, tunnel, bench } = await start();
  const silent = await connector(edge, tunnel, (stream) => refuse(stream, 'EHOSTUNREACH'));
  const refusing = await connector(edge, tunnel, (stream) => refuse(stream, 'ECONNREFUSED'));
  bench.apply({ monitor: [liveMonitor({ retries: 0 })], pool: [privatePool] });
  const health = await bench.verdict(POOL);
  expect(health).toMatchObject({ state: 'unhealthy', failureReason: 'TCP connection failed' });
  expect(health.failureDetail).toContain(`connector ${silent.clientId} (127.0.0.1) failed with EHOSTUNREACH`);
  expect(health.failureDetail).toContain(
    `connector ${refusing.clientId} (127.0.0.1) failed with ECONNREFUSED`,
  );
  expect(bench.transitions[0]!.failureDetail).toBe(health.failureDetail);
});

test.each([
  ['EHOSTUNREACH', 'No route to host error'],
  ['ENETUNREACH', 'Network Unreachable'],
  ['ECONNREFUSED', 'TCP connection failed'],
  ['ETIMEDOUT', 'TCP Timeout'],
])('%s, as the only connector tells it, is the failure "%s"', async (code, failureReason) => {
  const { edge, tunnel, bench } = await start();
  await connector(edge, tunnel, (stream) => refuse(stream, code));
  bench.apply({ monitor: [liveMonitor({ retries: 0 })], pool: [privatePool] });
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'unhealthy', failureReason });
});

test('a check of which one connector keeps silent asks the other one within its time', async () => {
  const { edge, tunnel, bench } = await start();
  const silent = await connector(edge, tunnel, () => {});
  const { port } = await up();
  const alive = await connector(edge, tunnel, reach(port));
  bench.apply({ monitor: [liveMonitor({ retries: 0, timeout: 5 })], pool: [privatePool] });
  await bench.verdict(POOL);
  for (let check = 0; silent.asked === 0 && check < 4; check += 1) {
    await until(() => bench.clock.pending > 0);
    bench.clock.advance(60_000);
    await until(() => bench.healthOf(POOL)?.checkedAt === bench.clock.now());
  }
  expect(silent.asked).toBe(1);
  expect(alive.asked).toBeGreaterThan(0);
  expect(bench.transitions.map(({ to }) => to)).toEqual(['healthy']);
});

test.each([
  ['to an address', privatePool.origins[0]!.address],
  ['behind ingress rules', '.cfargotunnel.com'],
])('a check %s pings a connection that has had its part of the time, and is dead', async (_, address) => {
  // No ping is due within the life of this test.
  const { edge, tunnel, bench } = await start({ pingIntervalMs: 600_000, pingTimeoutMs: 50 });
  const relay = await startRelay(edge.address);
  const [host, port] = relay.edge[0]!.split(':');
  await connectRaw({ address: { host: host!, port: Number(port) } }, tunnel, () => {});
  relay.freeze();
  const origins = address.startsWith('.')
    ? [liveOrigin({ address: `${tunnel.id}${address}` })]
    : privatePool.origins;
  bench.apply({ monitor: [liveMonitor({ retries: 0, timeout: 5 })], pool: [livePool({ origins })] });
  await until(() => bench.clock.pending > 0);
  bench.clock.advance(2_500);
  await until(() => !edge.edge.connected(tunnel.id));
});

test('behind ingress rules a service is up as long as one connector has its answer, and down when none has', async () => {
  const { edge, tunnel, bench } = await start();
  const { port } = await up();
  const answer = ingressTo(port);
  const dead = await connector(edge, tunnel, (stream) => stream.respond(fromConnector, { endStream: true }));
  const other = await connector(edge, tunnel, answer);
  const origins = [liveOrigin({ address: `${tunnel.id}.cfargotunnel.com` })];
  bench.apply({ monitor: [liveMonitor({ retries: 0 })], pool: [livePool({ origins })] });
  await bench.verdict(POOL);
  for (let check = 0; dead.asked === 0 && check < 4; check += 1) {
    await until(() => bench.clock.pending > 0);
    bench.clock.advance(60_000);
    await until(() => bench.healthOf(POOL)?.checkedAt === bench.clock.now());
  }
  expect(dead.asked).toBe(1);
  expect(bench.transitions.map(({ to }) => to)).toEqual(['healthy']);
  other.onStream = dead.onStream;
  await until(() => bench.clock.pending > 0);
  bench.clock.advance(60_000);
  await until(() => bench.healthOf(POOL)?.state === 'unhealthy');
  const { failureReason, failureDetail } = bench.healthOf(POOL)!;
  expect(failureReason).toBe('TCP connection failed');
  for (const { clientId } of [dead, other]) expect(failureDetail).toContain(clientId);
});
