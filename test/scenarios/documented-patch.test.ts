import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgedFetch } from '../support/faithful.js';
import { rounds } from '../support/long.js';
import type { OriginProcess } from '../support/origin-process.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { trafficClient } from '../support/traffic.js';

let lab: SharedLab;
let origins: OriginProcess[];

beforeAll(async () => {
  lab = await openSharedLab();
  origins = [await lab.startOrigin('before'), await lab.startOrigin('documented')];
  await lab.api.create('@/teamnet/routes', {
    network: '10.0.0.0/24',
    tunnel_id: lab.tunnelId,
    virtual_network_id: lab.networkId,
  });
  await lab.connect('ours', [`10.0.0.1:80=127.0.1.2:${origins[1]!.port}`]);
});
afterAll(() => lab.close());

/** The body as Cloudflare's documentation prints it, byte for byte but for the virtual network's id. */
const documentedBody = (networkId: string) => `{
\t"origins": [
\t\t{
\t\t\t"name": "origin-1",
\t\t\t"address": "10.0.0.1",
\t\t\t"enabled": true,
\t\t\t"weight": 1,
\t\t\t"virtual_network_id": "${networkId}"
\t\t}
\t]
}`;

const CREDENTIALS = { 'X-Auth-Email': 'user@example.com', 'X-Auth-Key': '144c9defac04969c7bfad8efaa8ea194' };

async function patch(poolId: string, body: string): Promise<number> {
  const path = `/accounts/${lab.offramp.accountId}/load_balancers/pools/${poolId}`;
  const response = await judgedFetch(lab.offramp.apiUrl + path, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', ...CREDENTIALS },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

const ROUNDS = rounds(200, 1000);

test(`the documented PATCH answers 200 and the very next request follows it, ${ROUNDS} times out of ${ROUNDS}`, {
  timeout: 600_000,
}, async () => {
  const [before, documented] = origins as [OriginProcess, OriginProcess];
  const pool = await lab.createPool('patched', [before]);
  await lab.createLoadBalancer('patched.example.com', [pool]);
  const client = trafficClient(lab.offramp.http);
  const strayed: string[] = [];
  for (let i = 1; i <= ROUNDS; i++) {
    await lab.api.patch(`@/load_balancers/pools/${pool.id}`, { origins: [lab.member(before)] });
    const earlier = await client.get('patched.example.com');
    const status = await patch(pool.id, documentedBody(lab.networkId));
    const next = await client.get('patched.example.com');
    if (status === 200 && next.body === documented.name && earlier.body === before.name) continue;
    strayed.push(`${i}: ${earlier.body}, PATCH ${status}, then ${next.body}`);
  }
  client.close();
  expect(strayed).toEqual([]);
});

test('with a monitor, the answer waits for the first probe, so that the next request still follows', async () => {
  const twin = await lab.startOrigin('twin', origins[0]!.port);
  const monitor = await lab.createMonitor(twin);
  const pool = await lab.createPool('monitored', [origins[0]!], { monitor: monitor.id });
  const fallback = await lab.createPool('fallback', [await lab.startOrigin('fallback')]);
  await lab.createLoadBalancer('monitored.example.com', [pool, fallback]);
  const client = trafficClient(lab.offramp.http);
  expect((await client.get('monitored.example.com')).body).toBe('before');
  await patch(pool.id, JSON.stringify({ origins: [lab.member(twin)] }));
  expect((await client.get('monitored.example.com')).body).toBe('twin');
  client.close();
});
