import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const REQUESTS = 2_000;
const AT_ONCE = 20;
/** So that routes by their network are asked as well. */
const BEFORE_THE_REMOVAL = '2026-10-04';
let offramp: RunningOfframp;
let api: Api;

beforeAll(async () => {
  offramp = await startOfframp(['--api-date', BEFORE_THE_REMOVAL]);
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

/** The same requests in every run: a small linear congruential generator. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e\u200b',
  "'; drop table route; --",
  '%',
  '%_\\',
  '../../..',
  '__proto__',
  '<script>',
  'x'.repeat(100_000),
  '🦀'.repeat(200),
  '10.0.0.0/8',
  '10.0.0.0/-1',
  '10.0.0.0/999999999999',
  '0.0.0.0/0',
  '::/0',
  '::ffff:0.0.0.0/0',
  '2001:db8::/129',
  ':'.repeat(5_000),
  '1e400',
  '-1',
  'NaN',
  'null',
  'true',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '0001-01-01T00:00:00+23:59',
  '+275760-09-13T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
];
const VALUES: unknown[] = [
  ...TEXTS,
  null,
  true,
  0,
  -1,
  1e308,
  0.1,
  [],
  [[]],
  {},
  { a: { b: {} } },
  ['10.0.0.0/8'],
];
const FIELDS = [
  'name',
  'tunnel_secret',
  'config_src',
  'network',
  'tunnel_id',
  'virtual_network_id',
  'comment',
  '__proto__',
  'config',
  'ha_mode',
  'client_id',
  'resources',
  'hostname',
  'is_default_network',
  'icmp_proxy_enabled',
  'type',
  'lb_name',
  'lb_pool',
];
const FILTERS = [
  'name',
  'uuid',
  'status',
  'existed_at',
  'was_active_at',
  'was_inactive_at',
  'include_prefix',
  'exclude_prefix',
  'name_prefix',
  'is_deleted',
  'page',
  'per_page',
  'comment',
  'network_subset',
  'network_superset',
  'route_id',
  'tun_types',
  'tunnel_id',
  'virtual_network_id',
  'default_virtual_network_fallback',
  'client_id',
  'cascade',
  'networks',
  'hostname',
  'id',
  'address_family',
  'subnet_types',
  'sort_order',
  'network',
  'is_default_network',
];
const BROKEN_ESCAPES = ['%', '%zz', '%ff', '%c3%28', '%2525252f', '%00', '%2F%2F'];
const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT'];

test(`${REQUESTS} hostile requests never fail the server`, async () => {
  const random = generator(20_260_731);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
  const tunnel = await api.create('@/cfd_tunnel', { name: 'target' });
  const warp = await api.create('@/warp_connector', { name: 'another target' });
  // Nothing below deletes these.
  const kept = await api.create('@/cfd_tunnel', { name: 'kept' });
  const keptWarp = await api.create('@/warp_connector', { name: 'kept as well' });
  const route = await api.create('@/teamnet/routes', { network: '10.0.0.0/8', tunnel_id: tunnel.id });
  const encoded = () =>
    random(20) === 0
      ? pick(BROKEN_ESCAPES)
      : encodeURIComponent(Buffer.from(pick(TEXTS).slice(0, 600)).toString());
  const paths = [
    () => '@/cfd_tunnel',
    () => `@/cfd_tunnel/${tunnel.id}`,
    () => `@/cfd_tunnel/${tunnel.id}/connections`,
    () => `@/cfd_tunnel/${encoded()}/token`,
    () => '@/teamnet/routes',
    () => `@/teamnet/routes/${route.id}`,
    () => `@/teamnet/routes/${encoded()}`,
    () => `@/teamnet/routes/ip/${encoded()}`,
    () => `@/teamnet/routes/network/${encoded()}`,
    () => `@/cfd_tunnel/${kept.id}/configurations`,
    () => `@/cfd_tunnel/${kept.id}/connectors/${encoded()}`,
    () => `@/cfd_tunnel/${kept.id}/management`,
    () => `@/cfd_tunnel/${kept.id}/management/${encoded()}`,
    () => '@/tunnels',
    () => '@/warp_connector',
    () => `@/warp_connector/${warp.id}`,
    () => `@/warp_connector/${keptWarp.id}/configurations`,
    () => `@/warp_connector/${keptWarp.id}/failover`,
    () => '@/zerotrust/routes/hostname',
    () => `@/zerotrust/routes/hostname/${encoded()}`,
    () => '@/zerotrust/subnets',
    () => '@/zerotrust/subnets/warp',
    () => `@/zerotrust/subnets/warp/${encoded()}`,
    () => '@/zerotrust/subnets/initial_resolved_ip/v4',
    () => '@/zerotrust/subnets/cloudflare_source/v6',
    () => '@/zerotrust/connectivity_settings',
    () => `%/tunnels/${kept.id}/routes`,
    () => '/user',
    () => '/ips',
  ];
  const query = () => Array.from({ length: random(4) }, () => `${pick(FILTERS)}=${encoded()}`).join('&');
  const body = () =>
    Object.fromEntries(Array.from({ length: random(5) }, () => [pick(FIELDS), pick(VALUES)]));
  const ask = async () => {
    const method = pick(METHODS);
    const path = `${pick(paths)()}?${query()}`;
    const sent = method === 'GET' ? undefined : pick([body, body, body, () => pick(VALUES)])();
    const answer = await api.call(method, path, sent);
    return { method, path: path.slice(0, 200), sent: JSON.stringify(sent)?.slice(0, 200), answer };
  };
  let accepted = 0;
  for (let done = 0; done < REQUESTS; done += AT_ONCE) {
    for (const { answer, ...asked } of await Promise.all(Array.from({ length: AT_ONCE }, ask))) {
      expect(answer.status, JSON.stringify(asked)).toBeLessThan(500);
      expect(answer.body.success, JSON.stringify(asked)).toBe(answer.status === 200);
      if (answer.status === 200) accepted += 1;
    }
  }
  // Some of it must have got through the outer checks, or nothing but those was tested.
  expect(accepted).toBeGreaterThan(REQUESTS / 50);
  expect((await api.get(`@/cfd_tunnel/${tunnel.id}`)).status).toBe(200);
});

test.each([
  ['a broken escape', '%zz'],
  ['a segment longer than any identifier', 'x'.repeat(513)],
])('%s in the path is answered like a path that does not exist', async (_what, segment) => {
  const { status, headers, body } = await api.delete(`@/teamnet/routes/network/${segment}`);
  expect([status, headers.get('content-type')]).toEqual([404, 'application/json']);
  expect(headers.get('cf-ray')).toMatch(/^[0-9a-f]{16}-/);
  expect(body).toMatchObject({ success: false, result: null, errors: [{ code: 7003 }] });
});
