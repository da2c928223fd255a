import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.js';
import type { OriginProcess } from '../support/origin-process.js';
import { trafficClient } from '../support/traffic.js';

let lab: Lab;
let origins: OriginProcess[];

beforeAll(async () => {
  lab = await openLab();
  await lab.connect();
  origins = [await lab.startOrigin('odd'), await lab.startOrigin('even')];
});
afterAll(() => lab.close());

/** The documentation's body, byte for byte but for address, port and network: tabs, order and all. */
function documentedBody({ address, port }: OriginProcess): string {
  return `{
\t"origins": [
\t\t{
\t\t\t"name": "origin-1",
\t\t\t"address": "${address}",
\t\t\t"port": ${port},
\t\t\t"enabled": true,
\t\t\t"weight": 1,
\t\t\t"virtual_network_id": "${lab.networkId}"
\t\t}
\t]
}`;
}

const CREDENTIALS = { 'X-Auth-Email': 'user@example.com', 'X-Auth-Key': '144c9defac04969c7bfad8efaa8ea194' };

async function patch(poolId: string, origin: OriginProcess): Promise<number> {
  const response = await fetch(
    `${lab.offramp.apiUrl}/accounts/${lab.offramp.accountId}/load_balancers/pools/${poolId}`,
    {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', ...CREDENTIALS },
      body: documentedBody(origin),
    },
  );
  await response.arrayBuffer();
  return response.status;
}

test('the documented PATCH answers 200 and the very next request follows it, 1,000 times out of 1,000', {
  timeout: 240_000,
}, async () => {
  const pool = await lab.createPool('patched', [origins[0]!]);
  await lab.createLoadBalancer('patched.example.com', [pool]);
  const client = trafficClient(lab.offramp.http);
  const strayed: string[] = [];
  for (let i = 1; i <= 1000; i++) {
    const expected = origins[i % 2]!;
    const status = await patch(pool.id, expected);
    const { body } = await client.get('patched.example.com');
    if (status !== 200 || body !== expected.name) strayed.push(`${i}: PATCH ${status}, then ${body}`);
  }
  client.close();
  expect(strayed).toEqual([]);
});

test('with a monitor, the answer waits for the first probe, so that the next request still follows', {
  timeout: 120_000,
}, async () => {
  const twin = await lab.startOrigin('twin', origins[0]!.port);
  const monitor = await lab.createMonitor(twin);
  const pool = await lab.createPool('monitored', [origins[0]!], { monitor: monitor.id });
  const fallback = await lab.createPool('fallback', [await lab.startOrigin('fallback')]);
  await lab.createLoadBalancer('monitored.example.com', [pool, fallback]);
  const client = trafficClient(lab.offramp.http);
  expect((await client.get('monitored.example.com')).body).toBe('odd');
  await patch(pool.id, twin);
  expect((await client.get('monitored.example.com')).body).toBe('twin');
  client.close();
});
