import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { resolveEdges } from '../../src/tunnel/connector/options.js';
import {
  cleanUp,
  cleanUpLater,
  connected,
  readExactly,
  startEdge,
  startOrigin,
  until,
} from '../edge/fixture.js';
import { ask, configure, fetchThrough, REGISTERED, serving, start, startBareEdge } from './bare-edge.js';

afterEach(cleanUp);

const refuseWith = (cause: string, shouldRetry: boolean) =>
  ({ registered: false, cause, shouldRetry, retryAfterMs: 0 }) as const;

test('with two of three edges dead every connection finds the third', async () => {
  const alive = await startBareEdge();
  const connector = await start({ edge: ['127.0.0.1:1', alive.address, '127.0.0.1:2'], connections: 4 });
  await connector.ready;
  await until(() => connector.connections.filter(({ state }) => state === 'registered').length === 4);
  expect(connector.connections.map(({ connIndex, edge }) => [connIndex, edge])).toEqual(
    [0, 1, 2, 3].map((index) => [index, alive.address]),
  );
  expect(connector.connections[0]!.locationName).toBe('FAKE01');
  // As long as one answers, those that do not are no reason to wait longer the next time.
  expect(alive.requests.map(({ previousAttempts }) => previousAttempts)).toEqual([0, 0, 0, 0]);
});

test('when an edge dies its connections go to the other one', async () => {
  const [first, second] = [await startBareEdge(), await startBareEdge()];
  const connector = await start({ edge: [first.address, second.address], connections: 2 });
  await until(() => first.sessions.length === 1 && second.requests.length === 1);
  first.stop();
  await until(() => second.requests.length === 2);
  expect(second.requests.map(({ connIndex }) => connIndex)).toEqual([1, 0]);
  await until(() => connector.connections.every(({ state }) => state === 'registered'));
});

test('a name stands for all of its addresses, each once', async () => {
  expect(await resolveEdges([{ host: 'localhost', port: 7844 }])).toContainEqual({
    host: '127.0.0.1',
    port: 7844,
  });
  const twice = [
    { host: '127.0.0.1', port: 1 },
    { host: 'name.invalid', port: 1 },
    { host: '127.0.0.1', port: 1 },
  ];
  expect(await resolveEdges(twice)).toEqual([{ host: '127.0.0.1', port: 1 }]);
  await expect(resolveEdges([{ host: 'name.invalid', port: 1 }])).rejects.toThrow('name.invalid');
});

test('a first refusal is final even when the edge would have it retried, but not when another edge may say yes', async () => {
  const full = await startBareEdge(() => refuseWith('tunnel is full', true));
  const refused = await start({ edge: full.address });
  await expect(refused.ready).rejects.toThrow('tunnel is full');
  await refused.close();
  const taken = await startBareEdge(() => refuseWith('EDUPCONN', false));
  const free = await startBareEdge();
  await (await start({ edge: [taken.address, free.address] })).ready;
});

test('a later connection that is refused is tried again, and the first goes on', async () => {
  let refusals = 0;
  const edge = await startBareEdge(({ connIndex }) => {
    if (connIndex === 0 || refusals === 1) return REGISTERED;
    refusals += 1;
    return refuseWith('not now', false);
  });
  const connector = await start({ edge: edge.address, connections: 3 });
  await until(() => connector.connections.filter(({ state }) => state === 'registered').length === 3);
  expect(connector.counts.registrationFailures.refused).toBe(1);
});

test('a token that has become wrong is told once for all connections, and again after it was right', async () => {
  let unauthorized = false;
  const edge = await startBareEdge(() =>
    unauthorized ? refuseWith('Unauthorized: Tunnel not found', true) : REGISTERED,
  );
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => lines.push(line) });
  const connector = await start({ edge: edge.address, connections: 3, log });
  const registered = () => connector.connections.filter(({ state }) => state === 'registered').length;
  for (const round of [1, 2]) {
    await until(() => registered() === 3);
    unauthorized = true;
    const { refused } = connector.counts.registrationFailures;
    for (const session of edge.sessions) session.destroy();
    await until(() => connector.counts.registrationFailures.refused >= refused + 3);
    expect(lines).toHaveLength(round);
    expect(lines[round - 1]).toContain('the token is wrong: this edge has no such tunnel (any more)');
    unauthorized = false;
  }
});

test('connections start one after the other', async () => {
  const order: number[] = [];
  const edge = await startBareEdge(({ connIndex }) => {
    order.push(connIndex);
    return REGISTERED;
  });
  await start({ edge: edge.address, connections: 6 });
  await until(() => order.length === 6);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
});

test('the first connection tells the configuration of a tunnel that is not managed remotely, and only then', async () => {
  const local = await startBareEdge(() => ({ ...REGISTERED, remotelyManaged: false }));
  const told = await start({
    edge: local.address,
    connections: 3,
    ingress: [{ service: 'http_status:404' }],
  });
  await until(() => told.connections.filter(({ state }) => state === 'registered').length === 3);
  expect(told.counts).toMatchObject({ localConfigurations: 1, localConfigurationErrors: 0 });
  expect(local.configurations).toEqual([
    { ingress: [{ service: 'http_status:404', originRequest: {} }], 'warp-routing': {} },
  ]);
  const { connector } = await serving();
  expect(connector.counts.localConfigurations).toBe(0);
});

test('all connections serve by the one configuration', async () => {
  const edge = await startBareEdge();
  const connector = await start({ edge: edge.address, connections: 2 });
  await until(() => connector.connections.filter(({ state }) => state === 'registered').length === 2);
  const [first, second] = edge.sessions;
  const config = { ingress: [{ service: 'http_status:410' }] };
  const answers = await Promise.all([configure(first!, 1, config), configure(second!, 1, config)]);
  expect(answers.map(({ body }) => body)).toEqual(Array(2).fill({ lastAppliedVersion: 1, err: null }));
  expect((await fetchThrough(second!)).status).toBe(410);
});

test('close lets a request in flight end, and takes no longer than the grace period for one that does not', async () => {
  let finish = () => {};
  const web = http.createServer((request, response) => {
    response.write('begun ');
    if (request.url === '/ends') finish = () => response.end('ended');
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  cleanUpLater(() => {
    web.closeAllConnections();
    web.close();
  });
  const ingress = [{ service: `http://127.0.0.1:${(web.address() as AddressInfo).port}` }];
  const patient = await serving({ ingress, gracePeriodMs: 60_000 });
  const stream = ask(patient.session, { ':path': '/ends' }, { endStream: true });
  let body = '';
  stream.on('data', (chunk) => {
    body += chunk;
  });
  await once(stream, 'data');
  const closed = patient.connector.close();
  await until(() => patient.edge.unregistered > 0);
  finish();
  await once(stream, 'close');
  expect([body, stream.rstCode]).toEqual(['begun ended', 0]);
  patient.edge.stop();
  await closed;

  const hasty = await serving({ ingress, gracePeriodMs: 50 });
  const endless = ask(hasty.session, {}, { endStream: true });
  await once(endless, 'data');
  await hasty.connector.close();
  expect(hasty.connector.connections.map(({ state }) => state)).toEqual(['closed']);
});

test('close ends whatever is under way: a dial, a handshake, a wait', async () => {
  const mute = net.createServer(() => {});
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  cleanUpLater(() => mute.close());
  const arrived = once(mute, 'connection');
  const waiting = await start({
    edge: `127.0.0.1:${(mute.address() as AddressInfo).port}`,
    gracePeriodMs: 60_000,
  });
  await arrived;
  await waiting.close();
  await waiting.close();
  await expect(waiting.ready).rejects.toThrow('the connector was closed');
  const dialling = await start({ edge: 'name.invalid:1', gracePeriodMs: 60_000 });
  await dialling.close();
  await expect(dialling.ready).rejects.toThrow('the connector was closed');
});

test('a file of the configuration that is missing is told at once', async () => {
  const ingress = [{ service: 'https://localhost', originRequest: { caPool: '/no/such.pem' } }];
  const edge = await startBareEdge();
  const connector = await start({ edge: edge.address, ingress });
  await expect(connector.ready).rejects.toThrow('originRequest.caPool: "/no/such.pem" cannot be read');
  expect(edge.sessions).toHaveLength(0);
});

test('a map can be a plain object', async () => {
  const { edge, addTunnel, connect } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel, { map: { '10.9.8.7:80': `127.0.0.1:${origin.port}` } });
  const options = { connectTimeoutMs: 5_000, clientIp: '192.0.2.1', purpose: 'traffic' } as const;
  const socket = await connected(edge.dial(tunnel.id, { host: '10.9.8.7', port: 80 }, options));
  socket.write('mapped');
  expect((await readExactly(socket, 6)).toString()).toBe('mapped');
  socket.destroy();
});
