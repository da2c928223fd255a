import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { LAB_FLAGS } from '../support/lab.js';
import { sharedOfframp } from '../support/shared-offramp.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

test('a load balancer, an origin and a Host header may have underscores in their names', async () => {
  const offramp = await sharedOfframp(LAB_FLAGS);
  onTestFinished(async () => void (await offramp.stop()));
  const api = apiOf(offramp);
  const hosts = new Set<string>();
  const { port } = await httpOrigin((request, response) => {
    hosts.add(`${request.headers['user-agent'] === undefined ? 'visitor' : 'check'} ${request.headers.host}`);
    response.end('served');
  });
  const host = `a_b._x.${offramp.domain}`;
  const monitor = await api.create('@/load_balancers/monitors', {
    type: 'http',
    expected_codes: '200',
    port,
    interval: 1,
    timeout: 1,
    header: { Host: [host] },
  });
  const pool = await api.create('@/load_balancers/pools', {
    name: 'names',
    monitor: monitor.id,
    origins: [
      { name: 'there', address: 'localhost', port, header: { Host: [host] } },
      // No resolver knows it: it is looked up like any other name, and not refused.
      { name: 'nowhere', address: 'no_such_host.invalid', port },
    ],
  });
  const name = `lb_1.${offramp.domain}`;
  await api.create('%/load_balancers', { name, default_pools: [pool.id], fallback_pool: pool.id });
  const shown = async () => (await api.get(`@/load_balancers/pools/${pool.id}`)).body.result.origins;
  await eventually(async () => (await shown())[1].failure_reason === 'DNS Unknown Host');
  await eventually(async () => (await shown())[0].healthy);
  const client = trafficClient(offramp.http);
  expect(await client.get(name)).toMatchObject({ status: 200, body: 'served' });
  client.close();
  expect([...hosts].map((line) => line.replace(`:${port}`, '')).sort()).toEqual([
    `check ${host}`,
    `visitor ${host}`,
  ]);
});
