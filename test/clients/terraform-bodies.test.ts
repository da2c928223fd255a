import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

/**
 * The bodies that Terraform's provider sends for a resource of which only the required arguments are set, and what the
 * answers must have for its second plan to be empty: defaults that it injects come back as such, and arguments that were
 * left out come back absent or null.
 */
let offramp: SharedOfframp;
let api: Api;
const made = { pool: '', monitor: '', tunnel: '', remote: '' };

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
  made.tunnel = (await api.create('@/cfd_tunnel', { name: 'kept' })).id;
  made.remote = (await api.create('@/cfd_tunnel', { name: 'kept too', config_src: 'local' })).id;
  made.monitor = (await api.create('@/load_balancers/monitors', { type: 'tcp', port: 80 })).id;
  const origins = [{ name: 'one', address: 'one.example.net' }];
  made.pool = (await api.create('@/load_balancers/pools', { name: 'kept', origins })).id;
});
afterAll(() => offramp.stop());

interface Resource {
  /** Of the collection; a resource that is only ever put has its own path and no `create`. */
  readonly path: string;
  readonly method: 'PUT' | 'PATCH';
  /** With the provider's defaults, as it sends it when only the required arguments are set. */
  readonly body: (name: string) => Record<string, unknown>;
  /** What must stand in every answer, by path. */
  readonly always: Record<string, unknown>;
  /** What must be absent or null as long as it was not set. */
  readonly unset: readonly string[];
  /** Optional arguments, to be set and then removed again: Terraform's PUT says null for those. */
  readonly optional?: () => Record<string, unknown>;
  /** Secrets that only the answer to the creation shows. */
  readonly onlyOnce?: readonly string[];
}

const RESOURCES: Record<string, Resource> = {
  cloudflare_load_balancer_monitor: {
    path: '@/load_balancers/monitors',
    method: 'PUT',
    body: () => ({
      allow_insecure: false,
      description: '',
      expected_body: '',
      expected_codes: '2xx',
      follow_redirects: false,
      interval: 60,
      probe_zone: '',
      retries: 2,
      timeout: 5,
      type: 'http',
    }),
    always: {
      allow_insecure: false,
      description: '',
      expected_body: '',
      expected_codes: '2xx',
      follow_redirects: false,
      interval: 60,
      probe_zone: '',
      retries: 2,
      timeout: 5,
      type: 'http',
      method: 'GET',
      path: '/',
      port: 0,
    },
    unset: ['header'],
    optional: () => ({ header: { Host: ['one.example.com'] }, consecutive_up: 2, port: 8080, path: '/up' }),
  },
  'cloudflare_load_balancer_monitor (tcp)': {
    path: '@/load_balancers/monitors',
    method: 'PUT',
    body: () => ({
      allow_insecure: false,
      description: '',
      expected_body: '',
      expected_codes: '',
      follow_redirects: false,
      interval: 60,
      port: 22,
      probe_zone: '',
      retries: 2,
      timeout: 5,
      type: 'tcp',
    }),
    always: {
      type: 'tcp',
      port: 22,
      expected_body: '',
      expected_codes: '',
      probe_zone: '',
      follow_redirects: false,
    },
    unset: ['header'],
  },
  cloudflare_load_balancer_pool: {
    path: '@/load_balancers/pools',
    method: 'PUT',
    body: (name) => ({
      description: '',
      enabled: true,
      minimum_origins: 1,
      name,
      notification_email: '',
      origins: [
        { address: 'two.example.net', enabled: true, flatten_cname: true, name: 'second', weight: 1 },
        { address: 'one.example.net', enabled: true, flatten_cname: true, name: 'first', weight: 1 },
      ],
    }),
    always: {
      description: '',
      enabled: true,
      minimum_origins: 1,
      notification_email: '',
      'origins.0.name': 'second',
      'origins.1.name': 'first',
      'origins.0.enabled': true,
      'origins.0.weight': 1,
      'origins.0.flatten_cname': true,
      'origins.0.port': 0,
    },
    unset: [
      'monitor',
      'monitor_group',
      'check_regions',
      'latitude',
      'longitude',
      'load_shedding',
      'origin_steering',
      'notification_filter',
      'disabled_at',
      'health_sources',
      'origins.0.header',
      'origins.0.virtual_network_id',
      'origins.0.disabled_at',
    ],
    optional: () => ({
      monitor: made.monitor,
      check_regions: ['WEU'],
      latitude: 1,
      longitude: 2,
      load_shedding: {
        default_percent: 0,
        default_policy: 'random',
        session_percent: 0,
        session_policy: 'hash',
      },
      origin_steering: { policy: 'hash' },
      notification_filter: { origin: { disable: true } },
    }),
  },
  cloudflare_load_balancer: {
    path: '%/load_balancers',
    method: 'PUT',
    body: (name) => ({
      default_pools: [made.pool],
      enabled: true,
      fallback_pool: made.pool,
      name: `${name}.example.com`,
      proxied: false,
      session_affinity: 'none',
      steering_policy: '',
    }),
    always: {
      enabled: true,
      proxied: false,
      session_affinity: 'none',
      steering_policy: 'off',
      ttl: 30,
      'default_pools.length': 1,
      country_pools: {},
      region_pools: {},
      pop_pools: {},
    },
    unset: ['adaptive_routing', 'location_strategy', 'random_steering'],
    optional: () => ({
      adaptive_routing: { failover_across_pools: true },
      location_strategy: { mode: 'resolver_ip', prefer_ecs: 'always' },
      random_steering: { default_weight: 0.2 },
      country_pools: { DE: [made.pool] },
    }),
  },
  cloudflare_load_balancer_monitor_group: {
    path: '@/load_balancers/monitor_groups',
    method: 'PUT',
    body: (name) => ({
      description: name,
      members: [{ enabled: true, monitor_id: made.monitor, monitoring_only: false, must_be_healthy: true }],
    }),
    always: {
      'members.0.enabled': true,
      'members.0.monitoring_only': false,
      'members.0.must_be_healthy': true,
      'members.length': 1,
    },
    unset: [],
  },
  cloudflare_zero_trust_tunnel_cloudflared_virtual_network: {
    path: '@/teamnet/virtual_networks',
    method: 'PATCH',
    body: (name) => ({ comment: '', is_default_network: false, name }),
    always: { comment: '', is_default_network: false },
    unset: ['deleted_at', 'is_default'],
  },
  cloudflare_zero_trust_tunnel_cloudflared_route: {
    path: '@/teamnet/routes',
    method: 'PATCH',
    body: (name) => ({
      comment: '',
      network: `10.${[...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 256}.0.0/16`,
      tunnel_id: made.tunnel,
    }),
    always: { comment: '', virtual_network_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    unset: ['deleted_at'],
  },
  cloudflare_zero_trust_tunnel_cloudflared: {
    path: '@/cfd_tunnel',
    method: 'PATCH',
    body: (name) => ({ config_src: 'local', name }),
    always: {
      config_src: 'local',
      remote_config: false,
      status: 'inactive',
      tun_type: 'cfd_tunnel',
    },
    unset: ['deleted_at', 'conns_active_at', 'tunnel_secret'],
    onlyOnce: ['token', 'credentials_file', 'connections'],
  },
  cloudflare_zero_trust_tunnel_warp_connector: {
    path: '@/warp_connector',
    method: 'PATCH',
    body: (name) => ({ name }),
    always: { tun_type: 'warp_connector' },
    unset: ['deleted_at', 'tunnel_secret'],
    onlyOnce: ['token', 'credentials_file', 'connections'],
  },
  cloudflare_zero_trust_network_hostname_route: {
    path: '@/zerotrust/routes/hostname',
    method: 'PATCH',
    body: (name) => ({ hostname: `${name}.internal`, tunnel_id: made.tunnel }),
    always: { tun_type: 'cfd_tunnel', tunnel_name: 'kept' },
    unset: ['deleted_at', 'comment'],
  },
  cloudflare_dns_record: {
    path: '%/dns_records',
    method: 'PUT',
    body: (name) => ({
      name: `${name}.example.com`,
      type: 'CNAME',
      content: `${made.tunnel}.cfargotunnel.com`,
      proxied: true,
      ttl: 1,
    }),
    always: { ttl: 1, proxied: true, proxiable: true, tags: [], settings: {} },
    unset: ['comment', 'comment_modified_on', 'tags_modified_on'],
    optional: () => ({ comment: 'c', tags: ['team:web'], settings: { ipv4_only: true } }),
  },
  cloudflare_zone: {
    path: '/zones',
    method: 'PATCH',
    body: (name) => ({ name: `${name}.test`, account: { id: offramp.accountId }, type: 'full' }),
    always: { paused: false, type: 'full', status: 'active', development_mode: 0, 'name_servers.length': 2 },
    unset: ['original_registrar', 'original_dnshost', 'verification_key'],
  },
};

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
const at = (object: any, path: string) => path.split('.').reduce((node, part) => node?.[part], object);
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
type Shown = any;

async function read(resource: Resource, id: string): Promise<Shown> {
  const answer = await api.get(`${resource.path}/${id}`);
  expect(answer.status).toBe(200);
  return answer.body.result;
}

/** Names are shared by some resources, such as both kinds of tunnel. */
const nameOf = (type: string, suffix: string) =>
  `${type.replaceAll(/[^a-z]+/g, '-').replaceAll(/(cloudflare|zero-trust|tunnel|load-balancer)-/g, '')}-${suffix}`;

/** A write sets these, and Terraform computes them. */
const withoutTimes = (shown: Shown): Shown =>
  JSON.parse(
    JSON.stringify(shown, (key, value) =>
      /^(modified_on|(created|updated)_at)$/.test(key) ? undefined : value,
    ),
  );

function expectDefaults(resource: Resource, shown: Shown): void {
  for (const [path, value] of Object.entries(resource.always))
    expect([path, at(shown, path)]).toEqual([path, value]);
  for (const path of resource.unset) expect([path, at(shown, path) ?? null]).toEqual([path, null]);
}

describe.each(Object.entries(RESOURCES))('%s', (type, resource) => {
  test('the body with defaults is answered as sent, with every default and nothing that is unset', async () => {
    const body = resource.body(nameOf(type, 'first'));
    const created = await api.create(resource.path, body);
    expectDefaults(resource, created);
    // A name that was sent as "" steers like "off", which the provider knows.
    const { steering_policy: _policy, ...sent } = body;
    expect(created).toMatchObject(sent);
  });

  test('what is read later is byte for byte what the creation answered', async () => {
    const created = await api.create(resource.path, resource.body(nameOf(type, 'second')));
    const shown = await read(resource, created.id);
    for (const key of resource.onlyOnce ?? []) delete created[key];
    const same = Object.fromEntries(Object.keys(created).map((key) => [key, shown[key]]));
    expect(JSON.stringify(same)).toBe(JSON.stringify(created));
    expect(JSON.stringify(await read(resource, created.id))).toBe(JSON.stringify(shown));
    expectDefaults(resource, shown);
  });

  test('a PATCH of nothing is a 200 that changes nothing', async () => {
    const created = await api.create(resource.path, resource.body(nameOf(type, 'third')));
    const before = await read(resource, created.id);
    const patched = await api.patch(`${resource.path}/${created.id}`, {});
    expect(patched.status).toBe(200);
    expect(JSON.stringify(await read(resource, created.id))).toBe(JSON.stringify(before));
  });
});

describe.each(Object.entries(RESOURCES).filter(([, { method }]) => method === 'PUT'))(
  '%s',
  (type, resource) => {
    test('the same PUT again changes nothing but the time', async () => {
      const body = resource.body(nameOf(type, 'fourth'));
      const created = await api.create(resource.path, body);
      const put = await api.put(`${resource.path}/${created.id}`, body);
      expect(put.status).toBe(200);
      expect(withoutTimes(put.body.result)).toEqual(withoutTimes(created));
      expectDefaults(resource, await read(resource, created.id));
    });
  },
);

describe.each(Object.entries(RESOURCES).filter(([, { optional }]) => optional))('%s', (type, resource) => {
  test('arguments that were set and are null in the next PUT are gone', async () => {
    const body = resource.body(nameOf(type, 'fifth'));
    const optional = resource.optional!();
    const created = await api.create(resource.path, { ...body, ...optional });
    expect(await read(resource, created.id)).toMatchObject(optional);
    const nulls = Object.fromEntries(Object.keys(optional).map((key) => [key, null]));
    const put = await api.put(`${resource.path}/${created.id}`, { ...body, ...nulls });
    expect([put.status, put.body.errors]).toEqual([200, []]);
    expectDefaults(resource, await read(resource, created.id));
    expect((await read(resource, created.id)).created_on).toBe(created.created_on);
  });
});

const POOL = RESOURCES.cloudflare_load_balancer_pool!;
const BALANCER = RESOURCES.cloudflare_load_balancer!;

test.each([
  [
    'load_shedding',
    POOL,
    { default_percent: 10 },
    ['default_percent', 'default_policy', 'session_percent', 'session_policy'],
  ],
  ['origin_steering', POOL, {}, ['policy']],
  ['adaptive_routing', BALANCER, {}, ['failover_across_pools']],
  ['location_strategy', BALANCER, { mode: 'pop' }, ['mode', 'prefer_ecs']],
  ['random_steering', BALANCER, { pool_weights: {} }, ['default_weight', 'pool_weights']],
])('%s is complete as soon as a part of it is set', async (field, resource, part, members) => {
  const name = `complete-${field.replace('_', '-')}`;
  const created = await api.create(resource.path, { ...resource.body(name), [field]: part });
  expect(Object.keys(created[field]).sort()).toEqual(members);
  expect((await read(resource, created.id))[field]).toEqual(created[field]);
});

test('a notification filter comes back exactly as it was sent', async () => {
  for (const [i, notification_filter] of [
    {},
    { origin: {} },
    { pool: { healthy: null } },
    { origin: { disable: true } },
  ].entries()) {
    const created = await api.create(POOL.path, { ...POOL.body(`filter-${i}`), notification_filter });
    expect((await read(POOL, created.id)).notification_filter).toEqual(notification_filter);
  }
});

test('overrides of a rule come back exactly as they were sent, rules in their order', async () => {
  const rules = [
    { condition: '', disabled: false, name: 'second', priority: 0, overrides: { ttl: 40 } },
    {
      condition: 'http.request.uri.path contains "/a"',
      disabled: false,
      name: 'first',
      priority: 0,
      overrides: { session_affinity: 'cookie', session_affinity_attributes: {}, default_pools: [made.pool] },
    },
  ];
  const created = await api.create(BALANCER.path, { ...BALANCER.body('rules'), rules });
  const shown = (await read(BALANCER, created.id)).rules;
  expect(shown).toMatchObject(rules);
  expect(shown.map(({ overrides }: Shown) => overrides)).toEqual(rules.map(({ overrides }) => overrides));
});

test('cookie affinity comes back with its lifetime and attributes, though none were sent', async () => {
  const body = { ...BALANCER.body('affinity'), session_affinity: 'ip_cookie' };
  const created = await api.create(BALANCER.path, body);
  expect(created).toMatchObject({
    session_affinity_ttl: 82_800,
    session_affinity_attributes: {
      samesite: 'Auto',
      secure: 'Auto',
      drain_duration: 0,
      zero_downtime_failover: 'none',
    },
  });
  expect(created.session_affinity_attributes.headers ?? null).toBeNull();
});

test('a configuration of a tunnel comes back exactly as it was put, also on a locally managed tunnel', async () => {
  const path = `@/cfd_tunnel/${made.remote}/configurations`;
  const config = {
    ingress: [
      { hostname: 'app.example.com', service: 'http://localhost:8080' },
      {
        hostname: 'api.example.com',
        path: '/v1',
        service: 'http://localhost:8081',
        originRequest: { connectTimeout: 3 },
      },
      { service: 'http_status:404' },
    ],
  };
  const put = await api.put(path, { config });
  expect([put.status, put.body.result.config]).toEqual([200, config]);
  const shown = (await api.get(path)).body.result;
  expect(shown).toEqual(put.body.result);
  expect(shown).toMatchObject({ tunnel_id: made.remote, account_id: offramp.accountId });
  const again = await api.put(path, { config: { ...config, originRequest: null, 'warp-routing': null } });
  expect([again.status, again.body.result.config]).toEqual([200, config]);
});

describe('what the acceptance tests of provider 5.22 send and read', () => {
  const ONE = '@/load_balancers/pools';
  const poolOf = (name: string, address: string, fields: object = {}) => ({
    ...POOL.body(name),
    origins: [{ address, enabled: true, flatten_cname: true, name: 'one', weight: 1, ...fields }],
  });
  const refusal = ({ status, body }: Shown) => [status, body.errors[0]?.code];

  test.each(['192.0.2.1', '198.51.100.1', '203.0.113.5', '2001:db8::1', '0.0.0.0'])(
    'a pool of %s is taken without a monitor, and refused with one',
    async (address) => {
      const name = address.replaceAll(/[.:]/g, '-');
      const created = await api.create(ONE, poolOf(`kept-${name}`, address));
      expect((await read(POOL, created.id)).origins[0].address).toBe(address);
      const monitored = { ...poolOf(`refused-${name}`, address), monitor: made.monitor };
      expect(refusal(await api.post(ONE, monitored))).toEqual([400, 1002]);
      const put = { ...poolOf(`kept-${name}`, address), monitor: made.monitor };
      expect(refusal(await api.put(`${ONE}/${created.id}`, put))).toEqual([400, 1002]);
    },
  );

  test('pools have the same address in a virtual network and in none, but not in two', async () => {
    const networks: string[] = [];
    for (const name of ['first', 'second']) {
      const { id } = await api.create('@/teamnet/virtual_networks', { comment: '', name: `unique ${name}` });
      await api.create('@/teamnet/routes', {
        network: '192.0.2.0/24',
        tunnel_id: made.tunnel,
        virtual_network_id: id,
      });
      networks.push(id);
    }
    const inNetwork = (index: number) =>
      poolOf(`in-network-${index}`, '192.0.2.77', { virtual_network_id: networks[index] });
    await api.create(ONE, inNetwork(0));
    await api.create(ONE, poolOf('in-none', '192.0.2.77'));
    expect(refusal(await api.post(ONE, inNetwork(1)))).toEqual([400, 1002]);
  });

  test('a tunnel gets secrets of 24 and 30 bytes, and another one later', async () => {
    const body = { config_src: 'local', name: 'secrets', tunnel_secret: 'abcdefghijklmnopqrstuvwxyzABCDEF' };
    const { id } = await api.create('@/cfd_tunnel', body);
    for (const tunnel_secret of [
      'dGhpc19pc18xX3NlY3JldF9mb3JfdGhlX2ZpcnN0',
      'Ml9zZWNyZXRfMl90dW5uZWxfdXBkYXRl',
    ]) {
      expect((await api.patch(`@/cfd_tunnel/${id}`, { tunnel_secret })).status).toBe(200);
      const token = (await api.get(`@/cfd_tunnel/${id}/token`)).body.result;
      expect(JSON.parse(Buffer.from(token, 'base64').toString()).s).toBe(tunnel_secret);
    }
  });

  test('a proxied load balancer without ttl has 30, in a zone and in an account', async () => {
    const body = { ...BALANCER.body('proxied'), proxied: true };
    expect((await api.create('%/load_balancers', body)).ttl).toBe(30);
    expect((await api.create('@/load_balancers', { ...body, name: 'proxied' })).ttl).toBe(30);
  });

  test('a deleted network, route or hostname route is not found; a deleted tunnel still is', async () => {
    for (const type of [
      'cloudflare_zero_trust_tunnel_cloudflared_virtual_network',
      'cloudflare_zero_trust_tunnel_cloudflared_route',
      'cloudflare_zero_trust_network_hostname_route',
    ]) {
      const { path, body } = RESOURCES[type]!;
      const { id } = await api.create(path, body(nameOf(type, 'destroyed')));
      await api.delete(`${path}/${id}`);
      expect([type, (await api.get(`${path}/${id}`)).status]).toEqual([type, 404]);
    }
    const { id } = await api.create('@/cfd_tunnel', { name: 'destroyed' });
    await api.delete(`@/cfd_tunnel/${id}`);
    expect((await api.get(`@/cfd_tunnel/${id}`)).body.result.deleted_at).toMatch(/Z$/);
  });

  test.each(['gre', 'ipsec'])(
    'a %s tunnel has a name of 18 characters and shows nothing that is unset',
    async (kind) => {
      const name = `cftftest${kind}`.padEnd(18, 'x');
      const body = {
        name,
        customer_gre_endpoint: '203.0.113.10',
        cloudflare_gre_endpoint: '162.159.73.109',
        cloudflare_endpoint: '162.159.73.109',
        customer_endpoint: '203.0.113.10',
        interface_address: '10.213.0.20/31',
        health_check: { direction: 'unidirectional', enabled: true, rate: 'low', type: 'request' },
      };
      const headers = { 'x-magic-new-hc-target': 'true' };
      const path = `@/magic/${kind}_tunnels`;
      const created = (await api.call('POST', path, body, headers)).body.result;
      const shown = (await api.call('GET', `${path}/${created.id}`, undefined, headers)).body.result[
        `${kind}_tunnel`
      ];
      for (const tunnel of [created, shown]) {
        expect(tunnel.name).toBe(name);
        expect(tunnel.health_check.target).toEqual({ effective: '203.0.113.10' });
        expect(tunnel).not.toHaveProperty('allow_null_cipher');
      }
    },
  );

  test('zones are partial, and have names beyond ASCII', async () => {
    const account = { id: offramp.accountId };
    const partial = await api.create('/zones', { name: 'cftftest.net', account, type: 'partial' });
    expect(partial).toMatchObject({ name_servers: [], verification_key: expect.stringMatching(/./) });
    for (const name of ['bücher.example', 'żóła.cftftest.cfapi.net'])
      expect(await api.create('/zones', { name, account })).toMatchObject({
        name,
        name_servers: [expect.any(String), expect.any(String)],
      });
  });

  test('an empty path, a name with capitals and a rule without terminates come back as they were sent', async () => {
    const monitors = RESOURCES.cloudflare_load_balancer_monitor!;
    const monitor = await api.create(monitors.path, { ...monitors.body(''), path: '' });
    expect((await read(monitors, monitor.id)).path).toBe('');
    const rules = [
      { condition: '', disabled: false, priority: 0, name: 'none', overrides: { ttl: 60 } },
      {
        condition: '',
        disabled: false,
        priority: 0,
        name: 'fixed',
        fixed_response: { message_body: 'hello' },
      },
    ];
    const body = { ...BALANCER.body('Capitals'), name: 'Capitals.Example.com', rules };
    const created = await api.create(BALANCER.path, body);
    expect(await read(BALANCER, created.id)).toMatchObject({ name: 'Capitals.Example.com' });
    expect((await read(BALANCER, created.id)).rules).toEqual(rules);
  });

  test('networks of routes come back in the form that cloudflared can read, and can be sent so', async () => {
    for (const [given, network] of [
      ['10.213.2.3', '10.213.2.3/32'],
      ['FD00:0:0::/48', 'fd00::/48'],
    ]) {
      const body = { comment: '', network: given, tunnel_id: made.tunnel };
      const { id } = await api.create('@/teamnet/routes', body);
      expect((await api.get(`@/teamnet/routes/${id}`)).body.result.network).toBe(network);
      const again = await api.patch(`@/teamnet/routes/${id}`, { network });
      expect([again.status, again.body.result.network]).toEqual([200, network]);
    }
  });

  test('the source of a configuration comes back as it was sent', async () => {
    const { id } = await api.create('@/cfd_tunnel', { name: 'sources', config_src: 'local' });
    const path = `@/cfd_tunnel/${id}/configurations`;
    const config = { ingress: [{ service: 'http_status:404' }] };
    for (const source of ['local', 'cloudflare', 'local']) {
      expect((await api.put(path, { config, source })).status).toBe(200);
      expect((await api.get(path)).body.result).toMatchObject({ config, source });
    }
  });
});
