import { pascal, singular } from './words.js';

/** Parts of paths that only hold others. */
const CONTAINERS = new Set(['teamnet', 'zerotrust', 'magic', 'load_balancers', '_offramp']);

/** What a path is about, where its words are not the ones for it. */
const CALLED: Readonly<Record<string, string>> = {
  cfd_tunnel: 'Tunnel',
  'cfd_tunnel/management': 'ManagementToken',
  'cfd_tunnel/configurations': 'TunnelConfiguration',
  'warp_connector/configurations': 'WarpConnectorConfiguration',
  tunnels: 'AnyTunnel',
  'tunnels/routes': 'TunnelRoute',
  tokens: 'ApiToken',
  // Software that routes requests has a Route of its own, some of which is generated.
  routes: 'NetworkRoute',
  'routes/network': 'NetworkRouteByCidr',
  'routes/ip': 'FoundRoute',
  'routes/hostname': 'HostnameRoute',
  'subnets/warp': 'Subnet',
  'subnets/initial_resolved_ip': 'SystemSubnet',
  'subnets/cloudflare_source': 'SystemSubnet',
  'monitors/preview': 'Preview',
  'pools/preview': 'Preview',
};

/** `Pool` for what is at `/accounts/{account_id}/load_balancers/pools/{pool_id}`, `Pools` for all of them. */
export function nounOf(path: string): string {
  const all = path.split('/').filter((part) => part !== '');
  const named = all.filter((part) => !part.startsWith('{'));
  const owned = /^\/(accounts|zones)\/\{|^\/user\//.test(path) && named.length > 1;
  const words = named.slice(owned ? 1 : 0);
  const own = words.filter((word, i) => !CONTAINERS.has(word) || i === words.length - 1);
  const called = CALLED[own.join('/')];
  if (called !== undefined) return called;
  const last = own.at(-1) ?? '';
  const ofOne = all.at(-1)?.startsWith('{');
  return [...own.slice(0, -1).map(singular), ofOne ? singular(last) : last].map(pascal).join('');
}

const WRITES: Readonly<Record<string, string>> = { POST: 'Create', PUT: 'Replace', PATCH: 'Patch' };
const RESULTS: Readonly<Record<string, string>> = {
  GET: 'Result',
  POST: 'Created',
  PUT: 'Replaced',
  PATCH: 'Changed',
  DELETE: 'Deleted',
};

/** The name of the body that an operation takes: `PoolCreate`. */
export function bodyName(method: string, path: string): string {
  const noun = nounOf(path);
  return `${method === 'POST' ? singular(noun) : noun}${WRITES[method] ?? method}`;
}

/** The name of what an operation answers, when the routes have none for it: `GreTunnelDeleted`. */
export function resultName(method: string, path: string): string {
  const noun = nounOf(path);
  return noun === 'FoundRoute' || noun === 'AnyTunnel' ? noun : `${noun}${RESULTS[method] ?? method}`;
}
