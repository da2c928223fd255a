import { afterEach, describe, expect, test } from 'vitest';
import type { ExplainQuestion } from '../../src/bridge/reports.js';
import { realTime } from '../../src/net/clock.js';
import { createExplain } from '../../src/proxy/explain.js';
import type { Way } from '../../src/tunnel/egress/contract.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { cleanUp, startEdge, until } from '../edge/fixture.js';
import { INGRESS_CONNECTORS } from '../edge/ingress-connectors.js';
import { livePublishedHostname } from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { eventually } from '../support/waiting.js';
import { ask } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { startRig } from './rig.js';

const published = livePublishedHostname({ hostname: '*.tunnel.example.com' });
const address = `${published.tunnelId}.cfargotunnel.com`;
const HOSTNAME = 'app.tunnel.example.com';

afterEach(cleanUp);

/** A proxy that knows one host name, whose tunnel is `tunnel` of a real edge. */
async function publishedRig() {
  const edge = await startEdge();
  const tunnel = edge.addTunnel({ accountId: 'account-1' });
  const rig = await startRig({
    upsert: { published_hostname: [{ ...published, tunnelId: tunnel.id }] },
    offramps: createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() }),
  });
  return { edge, tunnel, rig };
}

describe.each(INGRESS_CONNECTORS)('behind %s', (_, connect) => {
  test('requests to a published host name reach the service behind the tunnel under that name', async () => {
    const { edge, tunnel, rig } = await publishedRig();
    const origin = await httpOrigin((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (text: string) => {
        body += text;
      });
      request.on('end', () =>
        response.writeHead(201, { 'x-seen': String(request.headers.host) }).end(`${request.url} ${body}`),
      );
    });
    await connect(edge, tunnel, origin.port);
    const answer = await ask(rig.port, { host: HOSTNAME, method: 'POST', path: '/a?b', body: 'hello' });
    expect([answer.status, answer.headers['x-seen'], answer.body]).toEqual([201, HOSTNAME, '/a?b hello']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    await eventually(() => rig.requests.find(EVERYTHING).length > 0);
    expect(rig.requests.find(EVERYTHING)[0]).toMatchObject({
      status: 201,
      error: null,
      pool: null,
      offRamp: { kind: 'ingress', tunnelId: tunnel.id },
      failedAttempts: [],
    });
    expect(rig.load.outstanding(published.id)).toBe(0);
  });

  test('a host name whose service is the proxy itself ends as a loop, and nothing stays under way', async () => {
    const { edge, tunnel, rig } = await publishedRig();
    await connect(edge, tunnel, rig.port);
    const answer = await ask(rig.port, { host: HOSTNAME });
    expect([answer.status, answer.body]).toEqual([508, expect.stringContaining('error code: 1000')]);
    await eventually(() => rig.load.outstanding(published.id) + rig.load.connections(published.id) === 0);
  });

  test('a GET under way in a connector that is killed is answered by another one of the tunnel', async () => {
    const { edge, tunnel, rig } = await publishedRig();
    let waiting = 0;
    const silent = await httpOrigin(() => {
      waiting += 1;
    });
    const origin = await httpOrigin((_request, response) => response.end('by the replica'));
    const first = await connect(edge, tunnel, silent.port);
    const answer = ask(rig.port, { host: HOSTNAME });
    // All of the first one, so that what comes after is the replica.
    await until(() => waiting === 1 && edge.edge.connections(tunnel.id).length === 4);
    await connect(edge, tunnel, origin.port);
    first.kill();
    expect((await answer).body).toBe('by the replica');
  });
});

test('a tunnel without a connection is error 1033 for its host names, and nothing else is tried', async () => {
  const rig = await startRig({
    upsert: { published_hostname: [published] },
    failures: { [address]: 'no_connection' },
  });
  const answer = await ask(rig.port, { host: HOSTNAME });
  expect([answer.status, answer.body]).toEqual([530, expect.stringContaining('error code: 1033')]);
  await eventually(() => rig.requests.find(EVERYTHING).length > 0);
  expect(rig.requests.find(EVERYTHING)[0]).toMatchObject({
    host: HOSTNAME,
    status: 530,
    error: 'no_ingress',
    loadBalancer: null,
    publishedHostname: { id: published.id, name: '*.tunnel.example.com' },
    pool: null,
    origin: { name: address, address },
    failedAttempts: [{ pool: '*.tunnel.example.com', origin: address, failure: 'no_ingress' }],
    decision: null,
  });
});

test('an explanation names the published host name and the tunnel, or why there is no way', async () => {
  const tunnel = {
    id: published.tunnelId,
    accountId: published.accountId,
    name: 'office',
    secretSha256: '',
    configuration: null,
  };
  const { store, proxyOptions, health, steering } = await startRig({
    upsert: { published_hostname: [published], tunnel: [tunnel] },
  });
  let way: Way = { kind: 'ingress', tunnelId: published.tunnelId };
  const explain = createExplain({
    clock: realTime,
    snapshot: store.snapshot,
    hosts: proxyOptions.hosts,
    health,
    offramps: { select: () => way, connectors: () => [] },
    steering,
    places: proxyOptions,
  });
  expect(explain(question)).toMatchObject({
    outcome: 'origin',
    loadBalancer: null,
    publishedHostname: { id: published.id, name: '*.tunnel.example.com' },
    decision: null,
    chosen: { pool: null, origin: { address }, way: { kind: 'ingress', tunnel: { name: 'office' } } },
    error: null,
  });
  way = { kind: 'none', failure: 'no_connection', detail: 'no connector' };
  expect(explain(question)).toMatchObject({
    chosen: { way: { kind: 'none', detail: 'no connector' } },
    error: { status: 530, code: 1033 },
  });
});

const EVERYTHING = newest(10);
const question: ExplainQuestion = {
  scheme: 'http',
  authority: HOSTNAME,
  target: '/',
  method: 'GET',
  clientIp: '192.0.2.1',
  headers: [],
};
