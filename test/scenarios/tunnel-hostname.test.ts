import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

test('a published hostname of a tunnel is a clear failure: unhealthy, and 530 with 1033 for traffic', async () => {
  const address = `${lab.tunnelId}.cfargotunnel.com`;
  await lab.connect();
  const monitor = await lab.api.create('@/load_balancers/monitors', {
    expected_codes: '200',
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const origins = [{ name: 'published', address }];
  const checked = await lab.api.create('@/load_balancers/pools', {
    name: 'checked',
    monitor: monitor.id,
    origins,
  });
  await eventually(async () => (await lab.poolHealth(checked.id))[address] !== undefined);
  expect((await lab.poolHealth(checked.id))[address]).toMatchObject({
    healthy: false,
    failure_reason: 'Network Unreachable',
  });

  const unchecked = await lab.api.create('@/load_balancers/pools', { name: 'unchecked', origins });
  await lab.createLoadBalancer('www.example.com', [unchecked]);
  const client = trafficClient(lab.offramp.http);
  const answer = await client.get('www.example.com');
  client.close();
  expect(answer).toEqual({ status: 530, body: expect.stringContaining('error code: 1033') });
});
