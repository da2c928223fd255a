import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { startDataPlane } from '../../src/app/data-plane.js';
import { openDataPlaneSockets } from '../../src/app/data-plane-sockets.js';
import type { DataPlaneOptions } from '../../src/bridge/data-plane-thread.js';
import type { FromDataPlane, QuestionName, Questions, ToDataPlane } from '../../src/bridge/messages.js';
import { parseCidr } from '../../src/net/addresses.js';
import { NOWHERE } from '../../src/net/locations.js';
import type { SnapshotDelta } from '../../src/state/snapshot.js';
import { createAuthority } from '../../src/tunnel/edge/authority.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { trafficClient } from '../support/traffic.js';

const LISTEN = { host: '127.0.0.1', port: 0 };
const EMPTY: SnapshotDelta = { revision: 1, complete: true, upsert: {}, remove: {} };

/** A data plane in this thread; whoever started it has the other end of its channel. */
async function start(configuration: SnapshotDelta) {
  const now = new Date();
  const { certificate, key, caCertificate, caKey } = await createAuthority(now, now);
  const options: DataPlaneOptions = {
    edge: { certificate, key, halfCloseIdleMs: 5_000 },
    certificates: { caCertificate, caKey },
    dns: { nameServers: [] },
    advertised: [],
    tcp: { ports: [] },
    privateNetwork: null,
    proxyProtocol: { http: 'off', https: 'off', tcp: 'off' },
    trustedProxies: [],
    healthPath: null,
    limits: { clientConnections: 100, tcpConnections: 100, streams: 100 },
    passiveHealthMs: null,
    place: NOWHERE,
    randomSeed: null,
    locations: [],
    locationHeader: null,
    sessionKey: new Uint8Array(32),
    alwaysUseHttps: false,
    originTls: 'full',
    directNetworks: [parseCidr('127.0.0.0/8')!],
    logLevel: 'silent',
    accessLog: null,
    tracing: null,
    awaitedTunnels: [],
    storedHealth: [],
    configuration,
  };
  const sockets = await openDataPlaneSockets({
    edge: LISTEN,
    http: LISTEN,
    https: LISTEN,
    dns: { ...LISTEN, fds: [] },
    tcp: [],
  });
  const { port1: ours, port2: its } = new MessageChannel();
  const heard = listenTo(ours);
  await startDataPlane(options, sockets, its);
  onTestFinished(async () => {
    ours.postMessage({ type: 'drain', graceMs: 0 } satisfies ToDataPlane);
    await once(ours, 'close');
  });
  let asked = 0;
  return {
    http: (await heard('listening')).http,
    async configure(part: SnapshotDelta) {
      ours.postMessage({ type: 'configure', part } satisfies ToDataPlane);
      return await heard('applied');
    },
    async ask<Q extends QuestionName>(name: Q, ask: Questions[Q]['ask']) {
      asked += 1;
      ours.postMessage({ type: 'ask', id: asked, name, ask } satisfies ToDataPlane);
      return (await heard('answer')).answer as Questions[Q]['answer'];
    },
  };
}

/** The next message of a type, among those that have come and those that will. */
function listenTo(port: MessagePort) {
  const messages: FromDataPlane[] = [];
  port.on('message', (message: FromDataPlane) => messages.push(message));
  return async <T extends FromDataPlane['type']>(type: T): Promise<Extract<FromDataPlane, { type: T }>> => {
    for (;;) {
      const at = messages.findIndex((message) => message.type === type);
      if (at >= 0) return messages.splice(at, 1)[0] as Extract<FromDataPlane, { type: T }>;
      await once(port, 'message');
    }
  };
}

async function startOrigin(): Promise<number> {
  const server = http.createServer((_request, response) => response.end('from the origin'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a data plane is a function: it serves what its channel brings, in whatever thread it runs', async () => {
  const plane = await start(EMPTY);
  const client = trafficClient(`127.0.0.1:${plane.http.port}`);
  onTestFinished(client.close);
  const get = () => client.get('app.example.com');
  expect((await get()).status).toBe(530);
  const pool = unmonitoredPool({ origins: [liveOrigin({ port: await startOrigin() })] });
  const balancer = liveLoadBalancer({
    name: 'app.example.com',
    defaultPools: [pool.id],
    fallbackPool: pool.id,
  });
  const delta = {
    revision: 2,
    complete: false,
    upsert: { pool: [pool], load_balancer: [balancer] },
    remove: {},
  };
  expect(await plane.configure(delta)).toEqual({ type: 'applied', revision: 2 });
  expect(await get()).toMatchObject({ status: 200, body: 'from the origin' });
  expect(await plane.ask('requests', newest(10))).toMatchObject({ count: 2 });
});
