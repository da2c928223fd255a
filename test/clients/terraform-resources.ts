/** Arguments of a resource, as in Terraform's JSON syntax: references are `${…}` in texts. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface Declared {
  /** With as few arguments as make sense. */
  readonly bare: Arguments;
  /** What changes, and optional arguments that are taken away again. */
  readonly more: Arguments;
  /** What comes before the id when it is imported; nothing when absent. */
  readonly under?: 'account' | 'zone';
  /** Where the attribute that import wants is not `id`. */
  readonly importBy?: string;
  /** What the provider reads in an import and takes for a change unless it is declared, though it is the default. */
  readonly defaults?: Arguments;
  /** Arguments that no answer shows: after an import they are planned. */
  readonly unread?: readonly string[];
}

const API = 'com.cloudflare.api';
const POOLS_READ = '9d24387c6e8544e2bc4024a03991339f';
const POOLS_WRITE = 'd2a1802cc9a34e30852f8b33869b2f3c';
const ZONE_READ = 'c8fed203ed3043cba015a93ad1616f1f';

/** Of a token: `group` on everything in `resource`. */
const policy = (group: string, resource: string): Arguments => ({
  effect: 'allow',
  permission_groups: [{ id: group }],
  resources: JSON.stringify({ [resource]: '*' }),
});

/** One resource of each type that Offramp serves, by type and name, and some that once did not come back as they were written. */
export function resources(account: string, zone: string, domain: string): Record<string, Declared> {
  const ofAccount = { account_id: account };
  const id = (address: string) => `\${${address}.id}`;
  const monitor = id('cloudflare_load_balancer_monitor.http');
  const pool = id('cloudflare_load_balancer_pool.web');
  const tunnel = id('cloudflare_zero_trust_tunnel_cloudflared.web');
  const network = id('cloudflare_zero_trust_tunnel_cloudflared_virtual_network.lab');
  const watching = { port: 0, consecutive_up: 0, consecutive_down: 0 };
  const balancer = { zone_id: zone, default_pools: [pool], fallback_pool: pool };
  return {
    'cloudflare_load_balancer_monitor.http': {
      bare: { ...ofAccount, type: 'http', expected_codes: '2xx' },
      more: {
        description: 'web',
        path: '/up',
        header: { Host: [`app.${domain}`] },
        port: 8080,
        consecutive_up: 2,
      },
      under: 'account',
      defaults: watching,
    },
    'cloudflare_load_balancer_monitor.empty_path': {
      bare: { ...ofAccount, type: 'http', expected_codes: '200', path: '' },
      more: { timeout: 3, retries: 1 },
      under: 'account',
      defaults: watching,
    },
    'cloudflare_load_balancer_monitor.tcp': {
      bare: { ...ofAccount, type: 'tcp', port: 22 },
      more: { interval: 90 },
      under: 'account',
      defaults: { consecutive_up: 0, consecutive_down: 0 },
    },
    'cloudflare_load_balancer_monitor_group.both': {
      bare: {
        ...ofAccount,
        description: 'both',
        members: [{ enabled: true, monitor_id: monitor, monitoring_only: false, must_be_healthy: true }],
      },
      more: { description: 'of both' },
      under: 'account',
    },
    'cloudflare_load_balancer_pool.web': {
      bare: { ...ofAccount, name: 'web', origins: [{ name: 'one', address: 'one.example.net' }] },
      more: {
        description: 'web servers',
        monitor,
        minimum_origins: 2,
        origins: [
          { name: 'two', address: 'two.example.net', weight: 0.5, port: 8080 },
          { name: 'one', address: 'one.example.net', header: { host: [`app.${domain}`] } },
        ],
        origin_steering: { policy: 'hash' },
      },
      under: 'account',
    },
    'cloudflare_load_balancer_pool.documentation': {
      bare: { ...ofAccount, name: 'documentation', origins: [{ name: 'one', address: '192.0.2.1' }] },
      more: { origins: [{ name: 'one', address: '2001:db8::1' }] },
      under: 'account',
    },
    'cloudflare_load_balancer.capitals': {
      bare: { ...balancer, name: `App.${domain.toUpperCase()}`, proxied: true },
      more: {
        description: 'in front',
        session_affinity: 'cookie',
        steering_policy: 'random',
        adaptive_routing: { failover_across_pools: true },
        country_pools: { DE: [pool] },
        rules: [
          {
            name: 'away',
            condition: 'http.request.uri.path eq "/away"',
            fixed_response: { status_code: 404 },
          },
          { name: 'other', condition: 'http.host eq "x"', overrides: { default_pools: [pool] } },
        ],
      },
      under: 'zone',
      defaults: { steering_policy: 'off' },
    },
    'cloudflare_zero_trust_tunnel_cloudflared.web': {
      bare: {
        ...ofAccount,
        name: 'web',
        config_src: 'cloudflare',
        tunnel_secret: 'abcdefghijklmnopqrstuvwxyzABCDEF',
      },
      more: { name: 'website' },
      under: 'account',
      unread: ['tunnel_secret'],
    },
    'cloudflare_zero_trust_tunnel_cloudflared.local': {
      bare: { ...ofAccount, name: 'local', config_src: 'local' },
      more: { name: 'of this machine' },
      under: 'account',
    },
    'cloudflare_zero_trust_tunnel_cloudflared_config.web': {
      bare: { ...ofAccount, tunnel_id: tunnel, config: { ingress: [{ service: 'http_status:404' }] } },
      more: {
        config: {
          ingress: [
            {
              hostname: `app.${domain}`,
              service: 'http://localhost:80',
              origin_request: { connect_timeout: 3 },
            },
            { service: 'http_status:404' },
          ],
        },
      },
      under: 'account',
      importBy: 'tunnel_id',
    },
    'cloudflare_zero_trust_tunnel_cloudflared_config.local': {
      bare: {
        ...ofAccount,
        tunnel_id: id('cloudflare_zero_trust_tunnel_cloudflared.local'),
        source: 'local',
        config: { ingress: [{ service: 'hello_world' }] },
      },
      more: { config: { ingress: [{ service: 'http_status:503' }] } },
      under: 'account',
      importBy: 'tunnel_id',
    },
    'cloudflare_zero_trust_tunnel_cloudflared_virtual_network.lab': {
      bare: { ...ofAccount, name: 'lab' },
      more: { comment: 'of the lab' },
      under: 'account',
    },
    'cloudflare_zero_trust_tunnel_cloudflared_route.lab': {
      bare: { ...ofAccount, network: '10.1.2.3/32', tunnel_id: tunnel, virtual_network_id: network },
      more: { network: 'fd00::/48', comment: 'newer' },
      under: 'account',
    },
    'cloudflare_zero_trust_network_hostname_route.wiki': {
      bare: { ...ofAccount, hostname: 'wiki.internal', tunnel_id: tunnel },
      more: { comment: 'the wiki' },
      under: 'account',
    },
    'cloudflare_zero_trust_tunnel_warp_connector.site': {
      bare: { ...ofAccount, name: 'site' },
      more: { name: 'site two' },
      under: 'account',
      unread: ['ha'],
    },
    'cloudflare_zero_trust_device_subnet.devices': {
      bare: { ...ofAccount, name: 'devices', network: '10.90.0.0/24' },
      more: { name: 'more devices', comment: 'of the lab' },
      under: 'account',
    },
    'cloudflare_magic_wan_gre_tunnel.longer_than_fifteen': {
      bare: {
        ...ofAccount,
        name: 'longer_than_fifteen',
        customer_gre_endpoint: '203.0.113.1',
        cloudflare_gre_endpoint: '198.51.100.1',
        interface_address: '10.0.0.0/31',
      },
      more: { description: 'to the branch', mtu: 1400, health_check: { rate: 'low', type: 'request' } },
      under: 'account',
    },
    'cloudflare_magic_wan_ipsec_tunnel.longer_than_fifteen': {
      bare: {
        ...ofAccount,
        name: 'longer_than_fifteen_too',
        customer_endpoint: '203.0.113.1',
        cloudflare_endpoint: '198.51.100.1',
        interface_address: '10.0.0.2/31',
      },
      more: { description: 'to the branch', replay_protection: true },
      under: 'account',
    },
    'cloudflare_account_token.reader': {
      bare: { ...ofAccount, name: 'reader', policies: [policy(POOLS_READ, `${API}.account.${account}`)] },
      more: {
        policies: [policy(POOLS_WRITE, `${API}.account.${account}`)],
        expires_on: '2040-01-01T00:00:00Z',
      },
      under: 'account',
    },
    'cloudflare_api_token.zones': {
      bare: { name: 'zones', policies: [policy(ZONE_READ, `${API}.account.zone.${zone}`)] },
      more: { condition: { request_ip: { in: ['192.0.2.0/24'] } } },
    },
    'cloudflare_zone.books': {
      bare: { name: 'bücher.test', account: { id: account } },
      more: { type: 'partial' },
    },
    'cloudflare_dns_record.app': {
      bare: {
        zone_id: zone,
        name: `published.${domain}`,
        type: 'CNAME',
        content: `${tunnel}.cfargotunnel.com`,
        proxied: true,
        ttl: 1,
      },
      more: { comment: 'published' },
      under: 'zone',
    },
  };
}
