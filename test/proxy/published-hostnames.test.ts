import { expect, test } from 'vitest';
import type { ExplainQuestion } from '../../src/live/explanation.js';
import type { Way } from '../../src/offramps/contract.js';
import { createExplain } from '../../src/proxy/explain.js';
import { livePublishedHostname } from '../support/live-objects.js';
import { eventually } from '../support/waiting.js';
import { ask } from './ask.js';
import { startRig } from './rig.js';

const published = livePublishedHostname({ hostname: '*.tunnel.example.com' });
const address = `${published.tunnelId}.cfargotunnel.com`;
const HOSTNAME = 'app.tunnel.example.com';

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
    remotelyManaged: false,
  };
  const { store, proxyOptions, health, steering } = await startRig({
    upsert: { published_hostname: [published], tunnel: [tunnel] },
  });
  let way: Way = { kind: 'ingress', tunnelId: published.tunnelId };
  const explain = createExplain({
    snapshot: store.snapshot,
    hosts: proxyOptions.hosts,
    health,
    offramps: { select: () => way },
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

const EVERYTHING = {
  loadBalancer: null,
  pool: null,
  origin: null,
  host: null,
  status: null,
  ray: null,
  clientIp: null,
  since: null,
  limit: 10,
};
const question: ExplainQuestion = {
  scheme: 'http',
  authority: HOSTNAME,
  target: '/',
  method: 'GET',
  clientIp: '192.0.2.1',
  headers: [],
};
