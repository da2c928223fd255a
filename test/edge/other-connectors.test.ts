import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { type Clock, realTime } from '../../src/net/clock.js';
import { AVOIDED_MS } from '../../src/tunnel/edge/reachability.js';
import { createFakeClock } from '../support/fake-clock.js';
import { collectLog } from './collect-log.js';
import { cleanUp, connected, failure, startEdge, startOrigin, until } from './fixture.js';
import { connectCounting } from './raw-connector.js';

afterEach(cleanUp);

const META = 'cf-cloudflared-response-meta';
const refuse = (stream: ServerHttp2Stream, meta: object = {}) =>
  stream.respond(
    { ':status': 502, [META]: JSON.stringify({ src: 'cloudflared', ...meta }) },
    { endStream: true },
  );
const accept = (stream: ServerHttp2Stream) => stream.respond({ ':status': 200 });

/** Its timers are real: only the age of what is remembered is not. */
function movableClock() {
  let ahead = 0;
  const clock: Clock = { ...realTime, monotonic: () => realTime.monotonic() + ahead };
  return { clock, advance: (ms: number) => (ahead += ms) };
}

test('a dial that a connector reports as failed goes through another connector, and no dial fails', async () => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const dead = await connectCounting(edge, tunnel, refuse);
  const alive = await connectCounting(edge, tunnel, accept);
  for (let count = 0; count < 20; count += 1) await connected(edge.dial(tunnel, 80));
  expect(alive.asked).toBe(20);
  expect(dead.asked).toBeLessThanOrEqual(1);
});

test('a connector that has failed is avoided for that destination alone, and asked again after a while', async () => {
  const { clock, advance } = movableClock();
  const edge = await startEdge({ clock });
  const tunnel = edge.addTunnel();
  const dead = await connectCounting(edge, tunnel, refuse);
  const alive = await connectCounting(edge, tunnel, accept);
  const dialUntilAsked = async (port: number, times: number) => {
    for (let count = 0; dead.asked < times && count < 10; count += 1)
      (await connected(edge.dial(tunnel, port))).destroy();
    expect(dead.asked).toBe(times);
  };
  await dialUntilAsked(80, 1);
  await dialUntilAsked(81, 2);
  const before = alive.asked;
  for (let count = 0; count < 5; count += 1) (await connected(edge.dial(tunnel, 80))).destroy();
  expect([alive.asked - before, dead.asked]).toEqual([5, 2]);
  advance(AVOIDED_MS);
  await dialUntilAsked(80, 3);
});

test('a connector that has failed is asked when no other is left, and is as good as any once it has connected', async () => {
  const log = collectLog();
  const edge = await startEdge({ log: log.log });
  const tunnel = edge.addTunnel();
  const only = await connectCounting(edge, tunnel, (stream) =>
    refuse(stream, { dial_error: 'EHOSTUNREACH' }),
  );
  expect((await failure(edge.dial(tunnel, 80))).failure).toBe('unreachable');
  expect((await failure(edge.dial(tunnel, 80))).failure).toBe('unreachable');
  expect(edge.edge.connectors(tunnel.id, '127.0.0.1:80')).toEqual([
    {
      clientId: only.clientId,
      name: `connector ${only.clientId} (127.0.0.1)`,
      avoided: 'failed with EHOSTUNREACH',
    },
  ]);
  only.onStream = accept;
  await connected(edge.dial(tunnel, 80));
  expect(edge.edge.connectors(tunnel.id, '127.0.0.1:80')[0]!.avoided).toBeNull();
  const { clientId } = only;
  // Once each, however often it fails.
  expect(log.lines.map((line) => JSON.parse(line)).filter(({ destination }) => destination)).toMatchObject([
    { msg: 'edge: connector cannot reach', tunnelId: tunnel.id, clientId, destination: '127.0.0.1:80' },
    { msg: 'edge: connector reaches again', tunnelId: tunnel.id, clientId, destination: '127.0.0.1:80' },
  ]);
});

test.each([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'timeout'],
])('a connector that says %s means that the destination is %s', async (dial_error, expected) => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const { clientId } = await connectCounting(edge, tunnel, (stream) => refuse(stream, { dial_error }));
  const error = await failure(edge.dial(tunnel, 80));
  expect(error.failure).toBe(expected);
  expect(error.message).toBe(
    `no connection to 127.0.0.1:80 through the tunnel: connector ${clientId} (127.0.0.1) failed with ${dial_error}`,
  );
  expect((error.cause as NodeJS.ErrnoException).code).toBe(dial_error);
});

test('our connector tells why it could not connect', async () => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  await edge.connect(tunnel);
  const refused = await failure(edge.dial(tunnel, 1));
  expect(refused).toMatchObject({ failure: 'refused', cause: { code: 'ECONNREFUSED' } });
  const socket = edge.edge.dial(
    tunnel.id,
    // Nobody may connect to it: the system says so at once.
    { host: '255.255.255.255', port: 80 },
    { clientIp: '192.0.2.7', purpose: 'traffic', connectTimeoutMs: 10_000 },
  );
  expect((await failure(socket)).failure).toBe('unreachable');
});

test('of several failures the one that says most about the destination stands', async () => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  await connectCounting(edge, tunnel, refuse);
  await connectCounting(edge, tunnel, (stream) => refuse(stream, { dial_error: 'ENETUNREACH' }));
  expect((await failure(edge.dial(tunnel, 80))).failure).toBe('unreachable');
  await connectCounting(edge, tunnel, (stream) => refuse(stream, { dial_error: 'ECONNREFUSED' }));
  expect((await failure(edge.dial(tunnel, 80))).failure).toBe('refused');
});

test('three connectors are asked for a client, and all of them for a health check', async () => {
  const edge = await startEdge();
  const tunnel = edge.addTunnel();
  const connectors: { asked: number }[] = [];
  for (let count = 0; count < 6; count += 1) connectors.push(await connectCounting(edge, tunnel, refuse));
  const asked = () => connectors.reduce((sum, one) => sum + one.asked, 0);
  await failure(edge.dial(tunnel, 80));
  expect(asked()).toBe(3);
  const error = await failure(edge.dial(tunnel, 81, { purpose: 'probe' }));
  expect(asked()).toBe(9);
  expect(error.message).toMatch(/(?:connector .*; ){4}and 2 more$/);
});

test('a connector that does not answer is joined by the next one, and the one that connects first is taken', async () => {
  const clock = createFakeClock();
  const edge = await startEdge({ clock, pingIntervalMs: 1e9 });
  const tunnel = edge.addTunnel();
  const silent = await connectCounting(edge, tunnel, () => {});
  const alive = await connectCounting(edge, tunnel, accept);
  let cancelled = 0;
  silent.onStream = (stream) => void stream.once('close', () => (cancelled += 1));
  while (silent.asked === 0) {
    const socket = edge.dial(tunnel, 80);
    await until(() => silent.asked === 1 || !socket.connecting);
    if (silent.asked === 0) continue;
    const before = alive.asked;
    clock.advance(1_000);
    await connected(socket);
    expect(alive.asked).toBe(before + 1);
  }
  await until(() => cancelled === 1);
  // From then on it is asked last.
  for (let count = 0; count < 5; count += 1) await connected(edge.dial(tunnel, 80));
  expect(silent.asked).toBe(1);
});

test('all connectors of a tunnel share the time of a dial, and none is left out', async () => {
  const clock = createFakeClock();
  const edge = await startEdge({ clock, pingIntervalMs: 1e9 });
  const tunnel = edge.addTunnel();
  const silent: { clientId: string; asked: number }[] = [];
  for (let count = 0; count < 3; count += 1) silent.push(await connectCounting(edge, tunnel, () => {}));
  const asked = () => silent.reduce((sum, one) => sum + one.asked, 0);
  const socket = edge.dial(tunnel, 80, { purpose: 'probe', connectTimeoutMs: 1_000 });
  const error = failure(socket);
  for (const count of [1, 2, 3]) {
    await until(() => asked() === count);
    clock.advance(250);
  }
  clock.advance(250);
  expect((await error).failure).toBe('timeout');
  for (const { clientId } of silent) expect((await error).message).toContain(clientId);
});

test('bytes that were written before a connector failed reach the origin through the other one', async () => {
  const edge = await startEdge();
  const origin = await startOrigin();
  const tunnel = edge.addTunnel();
  const dead = await connectCounting(edge, tunnel, refuse);
  await edge.connect(tunnel);
  for (let count = 0; dead.asked === 0 && count < 10; count += 1) {
    const socket = edge.dial(tunnel, origin.port);
    socket.write('hello');
    const [bytes] = await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])));
    expect(String(bytes)).toBe('hello');
  }
  expect(dead.asked).toBe(1);
});
