import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Balancers, openBalancers } from '../support/balancers.js';

let rig: Balancers;
let client: Cloudflare;

beforeAll(async () => {
  rig = await openBalancers();
  client = new Cloudflare({ apiToken: 'test-token', baseURL: rig.offramp.apiUrl });
});
afterAll(() => rig.offramp.stop());

test.each(['zone', 'account'])(
  'the official SDK manages a load balancer of the %s with everything it can have',
  async (scope) => {
    const owner = scope === 'zone' ? { zone_id: rig.offramp.zoneId } : { account_id: rig.offramp.accountId };
    const needed = { name: 'sdk.example.com', default_pools: [rig.primary], fallback_pool: rig.secondary };
    const created = await client.loadBalancers.create({
      ...owner,
      ...needed,
      steering_policy: 'geo',
      region_pools: { WEU: [rig.secondary] },
      session_affinity: 'header',
      session_affinity_attributes: { headers: ['x-user'] },
      rules: [{ name: 'maintenance', condition: '', fixed_response: { status_code: 503 } }],
    });
    expect(created).toMatchObject({ steering_policy: 'geo', session_affinity_ttl: 1800, pool_sets: [] });
    const id = created.id!;
    expect(await client.loadBalancers.get(id, owner)).toEqual(created);
    const edited = await client.loadBalancers.edit(id, { ...owner, session_affinity_ttl: 60 });
    expect(edited).toMatchObject({ rules: created.rules, session_affinity_ttl: 60 });
    const updated = await client.loadBalancers.update(id, { ...owner, ...needed });
    expect(updated).toMatchObject({ steering_policy: 'off', rules: [], region_pools: {} });
    const listed = [];
    for await (const balancer of client.loadBalancers.list(owner)) listed.push(balancer);
    expect(listed).toEqual([updated]);
    expect(await client.loadBalancers.delete(id, owner)).toEqual({ id });
  },
);

test('the official SDK reads regions', async () => {
  const account_id = rig.offramp.accountId;
  const { regions } = client.loadBalancers;
  const found = (await regions.list({ account_id, country_code_a2: 'DE' })) as { regions: object[] };
  expect(found.regions).toMatchObject([{ region_code: 'WEU', countries: [{ country_name: 'Germany' }] }]);
  const one = (await regions.get('OC', { account_id })) as { regions: object[] };
  expect(one.regions).toMatchObject([{ region_code: 'OC' }]);
});

test('the official SDK gets a page of a search, though it looks for the items in another place', async () => {
  const page = await client.loadBalancers.searches.list({
    account_id: rig.offramp.accountId,
    query: 'prim',
    references: '*',
  });
  expect(page).toMatchObject({ result: { resources: [{ resource_id: rig.primary, references: [] }] } });
});
