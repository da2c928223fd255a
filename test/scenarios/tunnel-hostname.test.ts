import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ingressTo } from '../edge/fake-ingress.js';
import { cleanUp } from '../edge/fixture.js';
import { connectRaw, type EdgeToDial } from '../edge/raw-connector.js';
import { httpOrigin } from '../support/fake-origins.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

let lab: SharedLab;
let edge: EdgeToDial;
beforeAll(async () => {
  lab = await openSharedLab();
  const { host, port } = placeOf(lab.offramp.edge);
  edge = { address: { host, port }, ca: await readFile(lab.offramp.edgeCa, 'utf8') };
});
afterEach(cleanUp);
afterAll(() => lab.close());

function placeOf(text: string) {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

test('the hostname of a tunnel is an origin: checked and served through ingress while the tunnel is connected', async () => {
  const address = `${lab.tunnelId}.cfargotunnel.com`;
  const origin = await httpOrigin((request, response) => response.end(`at ${request.headers.host}`));
  const monitor = await lab.api.create('@/load_balancers/monitors', {
    expected_codes: '200',
    expected_body: 'at www.example.com',
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const pool = await lab.api.create('@/load_balancers/pools', {
    name: 'published',
    monitor: monitor.id,
    origins: [{ name: 'published', address, header: { Host: ['www.example.com'] } }],
  });
  await lab.createLoadBalancer('www.example.com', [pool]);
  const client = trafficClient(lab.offramp.http);
  const health = async () => (await lab.poolHealth(pool.id))[address];

  await eventually(async () => (await health())?.failure_reason === 'Network Unreachable');
  const cutOff = await client.get('www.example.com');
  expect(cutOff).toEqual({ status: 530, body: expect.stringContaining('error code: 1033') });

  const connector = await connectRaw(edge, lab, ingressTo(origin.port));
  await eventually(async () => (await health())?.healthy === true);
  expect(await client.get('www.example.com')).toEqual({ status: 200, body: 'at www.example.com' });

  connector.session.destroy();
  await eventually(async () => (await health())?.failure_reason === 'Network Unreachable');
  expect((await client.get('www.example.com')).status).toBe(530);
  client.close();
});

test('the hostname of a tunnel that the account does not have leads nowhere', async () => {
  const origins = [{ name: 'stranger', address: '11111111-2222-4333-8444-555555555555.cfargotunnel.com' }];
  const pool = await lab.api.create('@/load_balancers/pools', { name: 'stranger', origins });
  await lab.createLoadBalancer('stranger.example.com', [pool]);
  const client = trafficClient(lab.offramp.http);
  const answer = await client.get('stranger.example.com');
  client.close();
  expect(answer).toEqual({ status: 530, body: expect.stringContaining('error code: 1033') });
});
