import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/load_balancers/search';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  await seed();
});
afterAll(() => offramp.stop());

interface Resource {
  readonly resource_type: string;
  readonly resource_id: string;
  readonly resource_name: string;
}
const ids: Record<string, string> = {};

async function seed(): Promise<void> {
  for (const description of ['Web check', '100%_sure'])
    ids[description] = (
      await api.create('@/load_balancers/monitors', { expected_codes: '200', description })
    ).id;
  for (const [name, address, monitor] of [
    ['web-eu', '1.1.1.1', ids['Web check']],
    ['web_us', '1.0.0.1', ids['Web check']],
    ['mail', 'mx.example.net', undefined],
  ] as const)
    ids[name] = (
      await api.create('@/load_balancers/pools', { name, monitor, origins: [{ name: 'o', address }] })
    ).id;
  ids['www.example.com'] = (
    await api.create('%/load_balancers', {
      name: 'www.example.com',
      default_pools: [ids['web-eu']],
      fallback_pool: ids.web_us,
    })
  ).id;
  ids['Private web'] = (
    await api.create('@/load_balancers', {
      name: 'Private web',
      default_pools: [ids['web-eu']],
      fallback_pool: ids['web-eu'],
    })
  ).id;
}

async function found(query: string): Promise<string[]> {
  const { status, body } = await api.get(`${PATH}?${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.result.resources.map(({ resource_name }: Resource) => resource_name);
}

test('without a query everything of the account is found, by kind and age', async () => {
  const { status, body } = await api.get(PATH);
  expect(status).toBe(200);
  const kinds = ['load_balancer', 'load_balancer', 'monitor', 'monitor', 'pool', 'pool', 'pool'];
  const names = ['www.example.com', 'Private web', 'Web check', '100%_sure', 'web-eu', 'web_us', 'mail'];
  expect(body.result).toEqual({
    resources: names.map((resource_name, index) => ({
      resource_type: kinds[index],
      resource_id: ids[resource_name],
      resource_name,
    })),
  });
  expect(body.result_info).toEqual({ page: 1, per_page: 25, count: 7, total_count: 7, total_pages: 1 });
});

test.each<[string, string[]]>([
  ['WEB', ['Private web', 'Web check', 'web-eu', 'web_us']],
  ['web-eu', ['web-eu']],
  ['example', ['www.example.com', 'mail']],
  ['1.1.1', ['web-eu']],
  ['%', ['100%_sure']],
  ['_', ['100%_sure', 'web_us']],
  ['b_u', ['web_us']],
  ['\\', []],
  ["' OR 1=1 --", []],
  ['', ['www.example.com', 'Private web', 'Web check', '100%_sure', 'web-eu', 'web_us', 'mail']],
])(
  '%j finds what contains it in its name, or an origin whose address does, in any case',
  async (query, names) => {
    expect(await found(`query=${encodeURIComponent(query)}`)).toEqual(names);
  },
);

const reference = (reference_type: string, resource_type: string, resource_name: string) => ({
  reference_type,
  resource_type,
  resource_id: ids[resource_name],
  resource_name,
});

test.each(['*', 'referral', 'referrer'])(
  'references=%s shows what refers to what was found and what it refers to',
  async (wanted) => {
    const { resources } = (await api.get(`${PATH}?references=${encodeURIComponent(wanted)}`)).body.result;
    const expected: Record<string, { reference_type: string; resource_name: string }[]> = {
      'www.example.com': [reference('referral', 'pool', 'web-eu'), reference('referral', 'pool', 'web_us')],
      'Private web': [reference('referral', 'pool', 'web-eu')],
      'Web check': [reference('referrer', 'pool', 'web-eu'), reference('referrer', 'pool', 'web_us')],
      '100%_sure': [],
      'web-eu': [
        reference('referrer', 'load_balancer', 'www.example.com'),
        reference('referrer', 'load_balancer', 'Private web'),
        reference('referral', 'monitor', 'Web check'),
      ],
      web_us: [
        reference('referrer', 'load_balancer', 'www.example.com'),
        reference('referral', 'monitor', 'Web check'),
      ],
      mail: [],
    };
    expect(resources).toHaveLength(7);
    for (const { resource_name, references } of resources) {
      const all = expected[resource_name]!.filter(({ reference_type }) =>
        ['*', reference_type].includes(wanted),
      );
      // Oldest first, whatever their identifiers are.
      expect(references).toEqual(all);
    }
  },
);

test('an empty references is none', async () => {
  const { resources } = (await api.get(`${PATH}?references=`)).body.result;
  expect(resources.filter((resource: object) => 'references' in resource)).toEqual([]);
});

test('pages cut the three kinds as if they were one list', async () => {
  const all = await found('');
  const paged: string[] = [];
  for (let page = 1; page <= 4; page++) paged.push(...(await found(`per_page=2&page=${page}`)));
  expect(paged).toEqual(all);
  const last = await api.get(`${PATH}?per_page=2&page=4`);
  expect(last.body.result_info).toEqual({ page: 4, per_page: 2, count: 1, total_count: 7, total_pages: 4 });
  const beyond = await api.get(`${PATH}?page=1000000`);
  expect([beyond.status, beyond.body.result]).toEqual([200, { resources: [] }]);
});

test.each([
  'per_page=0',
  'per_page=1001',
  'page=0',
  'page=x',
  'references=both',
  'references=referral&references=referrer',
  'query=a&query=b',
  'query=%00',
  `query=${'x'.repeat(256)}`,
])('%s is refused', async (query) => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect([status, body.errors[0].code]).toEqual([400, 1002]);
});

test('nothing is found in an account that is not there', async () => {
  expect((await api.get(`/accounts/${'0'.repeat(32)}/load_balancers/search`)).status).toBe(404);
});

test('references of one object come oldest first, whatever their identifiers and wherever they are named', async () => {
  const { id } = await api.create('/accounts', { name: 'ordered' });
  const lb = `/accounts/${id}/load_balancers`;
  const pools: string[] = [];
  for (let n = 0; n < 8; n += 1)
    pools.push(
      (await api.create(`${lb}/pools`, { name: `p${n}`, origins: [{ name: 'o', address: '1.1.1.1' }] })).id,
    );
  const balancers: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const default_pools = [...pools].reverse();
    balancers.push((await api.create(lb, { name: `b${n}`, default_pools, fallback_pool: pools[3] })).id);
  }
  const { resources } = (await api.get(`${lb}/search?references=*`)).body.result;
  const found = (name: string): string[] =>
    resources
      .find(({ resource_name }: { resource_name: string }) => resource_name === name)
      .references.map(({ resource_id }: { resource_id: string }) => resource_id);
  expect(found('b0')).toEqual(pools);
  expect(found('p0')).toEqual(balancers);
});
