import type { Random } from '../../src/net/random.js';

/** A seed with objects of every kind that name each other, as `random` will have it. */
export function randomSeed(random: Pick<Random, 'fraction'>): object {
  const upTo = (most: number) => Math.floor(random.fraction() * (most + 1));
  const perhaps = () => random.fraction() < 0.5;
  const one = <T>(among: readonly T[]): T => among[Math.floor(random.fraction() * among.length)]!;
  const some = <T>(among: readonly T[]): T[] => {
    const chosen = among.filter(perhaps);
    return chosen.length > 0 ? chosen : [one(among)];
  };
  const many = <T>(least: number, most: number, make: (index: number) => T): T[] =>
    Array.from({ length: least + upTo(most - least) }, (_, index) => make(index));
  const maybe = (member: object) => (perhaps() ? member : {});

  const networks = many(0, 3, (index) => ({
    name: index === 0 && perhaps() ? 'default' : `net-${index}`,
    ...maybe({ comment: `number ${index}` }),
    ...(index > 0 && perhaps() ? { is_default_network: true } : {}),
  }));
  const networkNames = [...new Set(['default', ...networks.map(({ name }) => name)])];
  // The one that an account has from the start gives its place to one that is to be the default.
  const named = networks.some((network) => 'is_default_network' in network)
    ? networkNames.slice(1)
    : networkNames;
  const tunnels = many(1, 3, (index) => ({
    name: `tunnel ${index}`,
    ...maybe({
      config_src: 'cloudflare',
      config: {
        ingress: [
          { hostname: `t${index}.example.com`, service: 'http://localhost:8080' },
          { service: 'http_status:404' },
        ],
      },
    }),
  }));
  const warp = many(0, 2, (index) => ({
    name: `warp ${index}`,
    ...one([{}, { ha: true }, { ha_mode: 'local', ha_config: { vips: [{ address: '10.9.0.1' }] } }]),
  }));
  const tunnelNames = tunnels.map(({ name }) => name);
  const monitors = many(1, 3, (index) => ({
    key: `m${index}`,
    ...one([
      { type: 'tcp', port: 80 + index },
      { type: 'http', expected_codes: '2xx', path: '/up', header: { Host: ['up.example.com'] } },
      { type: 'icmp_ping', interval: 60 + index },
    ]),
    ...maybe({ description: one(['the same', `number ${index}`]) }),
  }));
  const groups = many(0, 2, (index) => ({
    key: `g${index}`,
    description: one(['a group', `group ${index}`]),
    members: some(monitors).map(({ key }) => ({
      monitor_id: key,
      enabled: perhaps(),
      monitoring_only: perhaps(),
      must_be_healthy: perhaps(),
    })),
  }));
  const pools = many(1, 4, (index) => {
    const checked = random.fraction();
    const isPlain = checked > 0.7;
    return {
      name: `pool-${index}`,
      ...maybe({ description: 'ünï "code": #1' }),
      ...maybe({ enabled: false }),
      ...maybe({ latitude: 55.5, longitude: -12.25 }),
      ...maybe({ origin_steering: { policy: 'hash' } }),
      ...maybe({ load_shedding: { default_percent: 12.5, default_policy: 'hash' } }),
      ...(checked < 0.4 ? { monitor: one(monitors).key } : {}),
      ...(checked >= 0.4 && checked <= 0.7 && groups.length > 0 ? { monitor_group: one(groups).key } : {}),
      origins: many(1, 3, (origin) => ({
        name: `o${origin}`,
        ...one([
          { address: `8.8.${index}.${origin}` },
          { address: `origin-${origin}.example.com`, header: { Host: [`origin-${origin}.example.com`] } },
          ...(isPlain && named.length > 0
            ? [{ address: `10.${index}.0.${origin}`, virtual_network_id: one(named) }]
            : []),
          ...(origin < tunnels.length
            ? [{ address: `${tunnelNames[origin]}.cfargotunnel.com`, port: 1000 }]
            : []),
        ]),
        ...maybe({ weight: 0.25 }),
      })),
    };
  });
  const poolNames = pools.map(({ name }) => name);
  const balancer = (name: string) => ({
    name,
    default_pools: some(poolNames),
    fallback_pool: one(poolNames),
    ...maybe({ proxied: true }),
    ...maybe({ region_pools: { WEU: some(poolNames) }, steering_policy: 'geo' }),
    ...maybe({ country_pools: { DE: some(poolNames) } }),
    ...maybe({ random_steering: { default_weight: 0.5, pool_weights: { [one(poolNames)]: 0.75 } } }),
    ...maybe({
      session_affinity: 'cookie',
      session_affinity_ttl: 3600,
      session_affinity_attributes: { samesite: 'Lax' },
    }),
    ...maybe({
      rules: [
        {
          name: 'rule',
          condition: 'http.request.uri.path contains "/a"',
          overrides: { default_pools: some(poolNames), fallback_pool: one(poolNames) },
        },
        {
          name: 'fixed',
          condition: 'http.request.uri.path contains "/b"',
          terminates: true,
          fixed_response: { status_code: 404, message_body: 'no' },
        },
      ],
    }),
  });
  const zones = many(1, 2, (zone) => ({
    name: `zone${zone}.example`,
    ...maybe({ paused: true }),
    ...maybe({ vanity_name_servers: ['ns1.example.net'] }),
    load_balancers: many(0, 2, (index) => balancer(`lb${index}.zone${zone}.example`)),
    dns_records: many(0, 6, (index) => ({
      name: `app${index}.zone${zone}.example`,
      ...one([
        { type: 'CNAME', content: `${one(tunnelNames)}.cfargotunnel.com`, proxied: true },
        { type: 'CNAME', content: 'www.example.net', settings: { flatten_cname: true }, ttl: 60 },
        { type: 'A', content: `192.0.2.${index}`, ...maybe({ proxied: true }) },
        { type: 'AAAA', content: `2001:db8::${index + 1}`, ttl: 30 },
        { type: 'TXT', name: `zone${zone}.example`, content: `"number ${index}" "ends.cfargotunnel.com"` },
        { type: 'TXT', content: 'some.cfargotunnel.com' },
      ]),
      ...maybe({ comment: 'a comment', tags: ['a:b'] }),
    })),
  }));
  const account = (index: number) => ({
    name: `account ${index}`,
    ...maybe({ type: 'enterprise' }),
    ...maybe({ settings: { enforce_twofactor: true, abuse_contact_email: 'abuse@example.com' } }),
    ...maybe({ connectivity_settings: { icmp_proxy_enabled: true } }),
    zones: index === 0 ? zones : [],
    virtual_networks: networks,
    tunnels,
    warp_connectors: warp,
    routes: [
      ...named.map((network) => ({
        network: '10.0.0.0/9',
        tunnel_id: one([...tunnelNames, ...warp.map(({ name }) => name)]),
        virtual_network_id: network,
        ...maybe({ comment: 'a route' }),
      })),
      ...many(0, 3, (route) => ({ network: `10.${150 + route}.0.0/16`, tunnel_id: one(tunnelNames) })),
    ],
    hostname_routes: many(0, 2, (route) => ({ hostname: `h${route}.internal`, tunnel_id: one(tunnelNames) })),
    subnets: [
      ...(perhaps()
        ? [{ name: 'ours', network: '10.200.0.0/24', ...maybe({ is_default_network: true }) }]
        : []),
      ...(perhaps()
        ? [{ name: 'sources', network: '100.112.0.0/12', subnet_type: 'cloudflare_source' }]
        : []),
    ],
    monitors,
    monitor_groups: groups,
    pools,
    load_balancers: many(0, 2, (index) => balancer(`private ${index}`)),
    gre_tunnels: many(0, 1, () => ({
      name: 'gre-1',
      customer_gre_endpoint: '192.0.2.1',
      cloudflare_gre_endpoint: '192.0.2.2',
      interface_address: '10.213.0.8/31',
      ...maybe({ mtu: 1400, health_check: { rate: 'low' } }),
    })),
    ipsec_tunnels: many(0, 1, () => ({
      name: 'ipsec-1',
      cloudflare_endpoint: '198.51.100.1',
      interface_address: '172.16.0.0/31',
    })),
  });
  return { accounts: many(1, 2, account) };
}
