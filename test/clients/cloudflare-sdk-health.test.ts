import type Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpOrigin } from '../support/fake-origins.js';
import { sdkOf } from '../support/sdk.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';
import { eventually } from '../support/waiting.js';

let offramp: SharedOfframp;
let lb: Cloudflare['loadBalancers'];
let account_id: string;

beforeAll(async () => {
  offramp = await sharedOfframp();
  account_id = offramp.accountId;
  lb = sdkOf(offramp).loadBalancers;
});
afterAll(() => offramp.stop());

test('the official SDK groups monitors, attaches the group to a pool and tries a monitor on it', async () => {
  const { port } = await httpOrigin((_request, response) => response.writeHead(204).end());
  const monitor = await lb.monitors.create({ account_id, type: 'http', expected_codes: '200', port });
  const group = await lb.monitorGroups.create({
    account_id,
    description: 'sdk',
    members: [{ monitor_id: monitor.id!, enabled: true, monitoring_only: false, must_be_healthy: true }],
  });
  expect((await lb.monitorGroups.get(group.id, { account_id })).members).toEqual(group.members);
  const pool = await lb.pools.create({
    account_id,
    name: 'sdk',
    monitor_group: group.id,
    origins: [{ name: 'here', address: 'localhost' }],
  });
  expect(pool.monitor_group).toBe(group.id);
  const references = [];
  for await (const one of lb.monitorGroups.references.get(group.id, { account_id })) references.push(one);
  expect(references).toMatchObject([{ resource_id: pool.id }, { resource_id: monitor.id }]);

  const preview = await lb.monitors.previews.create(monitor.id!, {
    account_id,
    expected_codes: '2xx',
    port,
  });
  expect(preview.pools).toEqual({ [pool.id!]: 'sdk' });
  await eventually(async () => {
    const result = await lb.previews.get(preview.preview_id!, { account_id });
    return result[pool.id!]?.healthy === true;
  });

  await lb.pools.delete(pool.id!, { account_id });
  expect(await lb.monitorGroups.delete(group.id, { account_id })).toEqual(group);
  const left = [];
  for await (const one of lb.monitorGroups.list({ account_id })) left.push(one);
  expect(left).toEqual([]);
});
