import { permissionsOf } from '../permissions.js';
import type { Operation } from './document.js';

/** The parts of the document, in the order in which a page shows them. */
export const TAGS: Readonly<Record<string, string>> = {
  'Load balancers':
    'Host names whose requests are spread over pools; of a zone, or private ones of an account.',
  'Load balancer pools': 'Groups of origins, with their health.',
  'Load balancer monitors': 'How origins are checked.',
  'Load balancer monitor groups': 'Monitors that judge a pool together.',
  'Load balancer previews': 'Checks that are tried out without any effect.',
  'Load balancer regions': 'The regions of the world, from which origins are checked and requests come.',
  'Load balancing analytics': 'How the health of origins has changed.',
  'Load balancing search': 'Finds what has a name.',
  'Load balancing usage': 'Counts what an account has.',
  Tunnels: 'Ways to origins without an address of their own; connectors dial in and carry requests.',
  'WARP connectors': 'Tunnels of WARP connectors: they are kept, and none can register.',
  Routes: 'Which network is behind which tunnel.',
  'Hostname routes': 'Which private host name is behind which tunnel.',
  'Virtual networks': 'Networks whose addresses may overlap; a route belongs to one.',
  Subnets: 'Addresses for devices and for what private host names first resolve to.',
  'Connectivity settings': 'Settings of an account for private networks.',
  'GRE tunnels': 'GRE tunnels: they are kept and shown, and carry nothing.',
  'IPsec tunnels': 'IPsec tunnels: they are kept and shown, and carry nothing.',
  Accounts: 'Who owns everything else.',
  Zones: 'Domains, each in an account.',
  'DNS records': 'What DNS says of a name, and CNAME records that publish a host name through a tunnel.',
  User: 'The user that a credential belongs to.',
  'API tokens': 'Credentials with permissions.',
  'IP ranges': 'The addresses that requests to origins come from.',
  Offramp:
    'What Offramp tells about itself. Cloudflare has none of it. It is served without `/client/v4` in front as well.',
};

/** What there is to say about an operation beside its summary: what its path says, and what a token needs for it. */
export function describe(operation: Operation, key: string): Operation {
  const [method = '', path = ''] = key.split(' ');
  const told = [
    operation.description,
    /^\/user\/load_balanc/.test(path)
      ? 'The same as at the path of an account, for the first account.'
      : undefined,
    operation.security?.length === 0 ? 'Needs no credential.' : permissionText(method, path, operation),
  ].filter((text) => text !== undefined);
  const { summary, description: _told, ...rest } = operation;
  return {
    ...(summary && { summary: summary.replace(' (of the first account)', '') }),
    description: told.join('\n\n'),
    ...rest,
  };
}

function permissionText(method: string, path: string, { description }: Operation): string | undefined {
  if (path.startsWith('/_offramp/') && description) return undefined;
  const row = permissionsOf(path.replaceAll(/\{[^}]+\}/g, 'x'));
  const need = method === 'GET' ? row?.read : row?.write;
  if (need === 'anyone') return 'Any token will do.';
  if (need === 'owned') return `Any token of the ${row?.scope} will do.`;
  if (need === 'something') return `Takes any permission on the ${row?.scope}.`;
  if (!need?.length)
    return 'Takes a token of `--api-token`: none that was made through the API has a permission for it.';
  const named = need.map((group) => `\`${group}\``);
  return `Takes ${named.length > 1 ? 'one of the permissions' : 'the permission'} ${named.join(', ')}.`;
}
