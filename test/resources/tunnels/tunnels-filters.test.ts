import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/cfd_tunnel';
const NAMES = ['prod-a', 'prod-b', 'prod_c', 'prodXc', 'test-100%', 'test-1000', 'deleted'];
const tunnels: Record<string, { id: string; created_at: string; deleted_at: string }> = {};

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  for (const name of NAMES) tunnels[name] = await api.create(PATH, { name });
  tunnels.deleted = (await api.delete(`${PATH}/${tunnels.deleted!.id}`)).body.result;
});
afterAll(() => offramp.stop());

const names = async (query: string): Promise<string[]> => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect(status).toBe(200);
  return body.result.map(({ name }: { name: string }) => name).sort();
};
const LIVE = NAMES.slice(0, -1).sort();

test('without filters the list has everything that is not deleted', async () => {
  expect(await names('')).toEqual(LIVE);
  const { body } = await api.get(PATH);
  expect(body.result_info).toMatchObject({ page: 1, count: 6, total_count: 6 });
});

test.each([
  ['name=prod-a', ['prod-a']],
  ['name=prod', []],
  ['is_deleted=false', LIVE],
  ['is_deleted=true', ['deleted']],
  ['include_prefix=prod-', ['prod-a', 'prod-b']],
  ['name_prefix=prod_', ['prod_c']],
  ['name_prefix=test-100%25', ['test-100%']],
  ['name_prefix=PROD', []],
  ['name_prefix=%5C', []],
  ['include_prefix=prod&exclude_prefix=prod-&is_deleted=false', ['prodXc', 'prod_c']],
  ['status=inactive&is_deleted=false', LIVE],
  ['status=healthy', []],
  ['status=down', []],
  ['status=degraded', []],
  ['was_active_at=2100-01-01T00:00:00Z', []],
  ['was_inactive_at=2000-01-01T00:00:00Z', []],
  ['was_inactive_at=2100-01-01T00:00:00Z&is_deleted=false', LIVE],
  ['existed_at=2000-01-01T00:00:00Z', []],
  ['existed_at=2100-01-01T00:00:00%2B02:00', LIVE],
])('the list filters by %s', async (query, expected) => {
  expect(await names(query)).toEqual([...expected].sort());
});

test('a deleted tunnel existed until it was deleted', async () => {
  const { id, created_at, deleted_at } = tunnels.deleted!;
  expect(await names(`uuid=${id}&existed_at=${created_at}`)).toEqual(
    created_at === deleted_at ? [] : ['deleted'],
  );
  expect(await names(`uuid=${id}&existed_at=${deleted_at}`)).toEqual([]);
  expect(await names(`uuid=${id.toUpperCase()}`)).toEqual([]);
  expect(await names(`uuid=${id.toUpperCase()}&is_deleted=true`)).toEqual(['deleted']);
});

test.each(['', '&status=inactive'])(
  'pages follow one another and end with an empty one%s',
  async (filter) => {
    const seen: string[] = [];
    for (let page = 1; page <= 4; page++) {
      const { body } = await api.get(`${PATH}?per_page=3&page=${page}${filter}`);
      expect(body.result_info).toMatchObject({ page, per_page: 3, total_count: 6, total_pages: 2 });
      seen.push(...body.result.map(({ name }: { name: string }) => name));
    }
    expect(seen.sort()).toEqual(LIVE);
    expect((await api.get(`${PATH}?page=2${filter}`)).body.result).toEqual([]);
  },
);

test.each([
  'uuid=x',
  'status=sleeping',
  'is_deleted=maybe',
  'existed_at=yesterday',
  'existed_at=0000-01-01T00:00:00Z',
  'existed_at=9999-12-31T23:59:59-23:00',
  'per_page=0',
  'per_page=1001',
  'page=0',
  'name=a%00b',
  'name=a&name=b',
])('a filter that cannot be used is refused: %s', async (query) => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect([status, body.errors[0].code]).toEqual([400, 1030]);
  expect(body.errors[0].message).toContain(query.split('=')[0]);
});
