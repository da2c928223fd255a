import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/tunnels';
const ids: Record<string, string> = {};

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  for (const name of ['vpc-a', 'vpc-b', 'gone']) ids[name] = (await api.create('@/cfd_tunnel', { name })).id;
  for (const name of ['vpc-w', 'other']) ids[name] = (await api.create('@/warp_connector', { name })).id;
  await api.delete(`@/cfd_tunnel/${ids.gone}`);
});
afterAll(() => offramp.stop());

const names = async (query: string): Promise<string[]> => {
  const { status, body } = await api.get(`${PATH}?${query}`);
  expect(status).toBe(200);
  return body.result.map(({ name }: { name: string }) => name);
};

test('every tunnel is shown as its own type shows it', async () => {
  const { result, result_info } = (await api.get(PATH)).body;
  expect(result_info).toMatchObject({ page: 1, count: 4, total_count: 4 });
  const one = (name: string) => result.find((tunnel: { name: string }) => tunnel.name === name);
  expect(one('vpc-a')).toEqual((await api.get(`@/cfd_tunnel/${ids['vpc-a']}`)).body.result);
  expect(one('vpc-w')).toEqual((await api.get(`@/warp_connector/${ids['vpc-w']}`)).body.result);
});

const CLOUDFLARED = ['vpc-a', 'vpc-b'];
const WARP = ['vpc-w', 'other'];
test.each([
  ['tun_types=cfd_tunnel', CLOUDFLARED],
  ['tun_types=warp_connector', WARP],
  ['tun_types=cfd_tunnel,warp_connector', [...CLOUDFLARED, ...WARP]],
  ['tun_types=cfd_tunnel&tun_types=warp_connector', [...CLOUDFLARED, ...WARP]],
  ['tun_types=gre,ip_sec', []],
  ['is_deleted=true', ['gone']],
  ['is_deleted=false&include_prefix=vpc-', ['vpc-a', 'vpc-b', 'vpc-w']],
  ['is_deleted=false&exclude_prefix=vpc-', ['other']],
  ['name=vpc-w', ['vpc-w']],
  ['status=inactive&tun_types=warp_connector', WARP],
  ['status=healthy', []],
  ['existed_at=2000-01-01T00:00:00Z', []],
  ['existed_at=2100-01-01T00:00:00Z', ['vpc-a', 'vpc-b', 'vpc-w', 'other']],
  ['was_inactive_at=2100-01-01T00:00:00Z&name=other', ['other']],
  ['was_active_at=2100-01-01T00:00:00Z', []],
  ['per_page=3&page=2', ['other']],
  ['per_page=2&page=3', []],
])('the list filters by %s', async (query, expected) => {
  expect(await names(query)).toEqual(expected);
});

test('a tunnel is found by its id', async () => {
  expect(await names(`uuid=${ids.other}`)).toEqual(['other']);
});

test.each(['tun_types=', 'tun_types=x', 'tun_types=cfd_tunnel,', 'uuid=x', 'per_page=0', 'is_deleted=1'])(
  'a filter that means nothing is refused: %s',
  async (query) => {
    const { status, body } = await api.get(`${PATH}?${query}`);
    expect([status, body.errors[0].code]).toEqual([400, 1030]);
  },
);
