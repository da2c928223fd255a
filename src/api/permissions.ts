import { type AccessDirectory, type AccessToken, allows, type Resource, type TokenOwner } from './access.js';
import { ApiError } from './errors.js';
import type { GroupName, Scope, Subject } from './permission-groups.js';

/**
 * `anyone`: every token; `owned`: every token of the user, or of the account that the path names; `something`: any permission
 * at all on the object; else one of these, and with an empty list no token may.
 */
type Need = 'anyone' | 'owned' | 'something' | readonly GroupName[];

interface Row {
  /** Start of the paths that it is about; `*` is any one segment. */
  readonly path: string;
  /** It is about no longer path: what comes to be below is closed until it has a row. */
  readonly exact?: boolean;
  readonly scope: Scope;
  readonly read: Need;
  readonly write: Need;
}

const writes = (subjects: readonly Subject[]) => subjects.map((subject): GroupName => `${subject} Write`);
const reads = (subjects: readonly Subject[]) => subjects.map((subject): GroupName => `${subject} Read`);

const row = (path: string, scope: Scope, ...subjects: readonly Subject[]): Row => ({
  path,
  scope,
  read: [...reads(subjects), ...writes(subjects)],
  write: writes(subjects),
});

/** What is read gives away more than a reader may have. */
const secret = (path: string, scope: Scope, ...subjects: readonly Subject[]): Row => ({
  path,
  scope,
  read: writes(subjects),
  write: writes(subjects),
});

/** The object itself, and nothing below it. */
const only = (path: string, scope: Scope, needs: Partial<Pick<Row, 'read'>>, subject?: Subject): Row => ({
  ...row(path, scope, ...(subject ? [subject] : [])),
  ...needs,
  exact: true,
});

const TUNNELS = [
  'Cloudflare One Connectors',
  'Cloudflare One Connector: cloudflared',
  'Cloudflare Tunnel',
] as const;
const WARP = ['Cloudflare One Connectors', 'Cloudflare One Connector: WARP'] as const;
const NETWORKS = ['Cloudflare One Networks', 'Cloudflare Tunnel'] as const;
const POOLS = ['Load Balancing: Monitors and Pools'] as const;

/** The permissions of every path, as the API description names them; of several rows the first that fits counts. */
const ROWS: readonly Row[] = [
  ...['monitors', 'monitor_groups', 'pools', 'preview', 'regions', 'search', 'usage'].map((part) =>
    row(`/accounts/*/load_balancers/${part}`, 'account', ...POOLS),
  ),
  row('/accounts/*/load_balancers', 'account', 'Load Balancers Account'),
  row('/accounts/*/load_balancing_analytics', 'account', ...POOLS),
  secret('/accounts/*/cfd_tunnel/*/token', 'account', ...TUNNELS),
  row('/accounts/*/cfd_tunnel', 'account', ...TUNNELS),
  row('/accounts/*/tunnels', 'account', ...TUNNELS),
  // The description has those of other tunnels here; who may make the connector may have its token as well.
  secret('/accounts/*/warp_connector/*/token', 'account', ...TUNNELS, 'Cloudflare One Connector: WARP'),
  row('/accounts/*/warp_connector', 'account', ...WARP),
  row('/accounts/*/teamnet', 'account', ...NETWORKS),
  row('/accounts/*/zerotrust/routes', 'account', ...NETWORKS),
  row('/accounts/*/zerotrust/subnets', 'account', 'Cloudflare One Networks'),
  row('/accounts/*/zerotrust', 'account', 'Zero Trust'),
  row('/accounts/*/magic', 'account', 'Magic WAN', 'Magic Transit'),
  only('/accounts/*/tokens/verify', 'account', { read: 'owned' }),
  row('/accounts/*/tokens', 'account', 'Account API Tokens'),
  only('/accounts/*', 'account', { read: 'something' }, 'Account Settings'),
  // The list shows what may be seen.
  only('/accounts', 'account', { read: 'anyone' }, 'Account Settings'),
  row('/zones/*/load_balancers', 'zone', 'Load Balancers'),
  row('/zones/*/dns_records', 'zone', 'DNS'),
  // It changes a load balancer or a DNS record: the operation itself looks at which, and at the pool.
  row('/zones/*/tunnels', 'zone', 'Load Balancers', 'DNS'),
  only('/zones/*/settings', 'zone', { read: 'something' }),
  only('/accounts/*/alerting/v3/policies', 'account', { read: 'something' }),
  only('/zones/*', 'zone', { read: 'something' }, 'Zone'),
  only('/zones', 'zone', { read: 'anyone' }, 'Zone'),
  only('/user/tokens/verify', 'user', { read: 'owned' }),
  row('/user/tokens', 'user', 'API Tokens'),
  row('/user/load_balancers', 'account', ...POOLS),
  row('/user/load_balancing_analytics', 'account', ...POOLS),
  only('/user', 'user', {}, 'User Details'),
  only('/ips', 'user', { read: 'anyone' }),
  // An answer has the zones alone whose load balancers may be read.
  { path: '/graphql', exact: true, scope: 'user', read: 'anyone', write: 'anyone' },
  // It has names of every account.
  only('/metrics', 'account', {}, ...POOLS),
];

const SPLIT_ROWS = ROWS.map((entry) => ({ entry, segments: entry.path.split('/') }));

/** The row of a path; undefined when nobody has said who may use it. */
export function permissionsOf(path: string): Row | undefined {
  const segments = path.split('/');
  const fits = (pattern: readonly string[], exact = false) =>
    (exact ? pattern.length === segments.length : pattern.length <= segments.length) &&
    pattern.every((part, i) => part === '*' || part === segments[i]);
  return SPLIT_ROWS.find(({ entry, segments: pattern }) => fits(pattern, entry.exact))?.entry;
}

export interface Attempt {
  readonly method: string;
  /** With the values of its parameters in place, decoded. */
  readonly segments: readonly string[];
  /** Undefined when there is none, or it is not read yet: a new zone may then be in any account. */
  readonly body: unknown;
}

/** Throws ApiError unless the token may do it. What has no row, no token may. */
export function authorize(token: AccessToken, directory: AccessDirectory, attempt: Attempt): void {
  const found = permissionsOf(attempt.segments.join('/'));
  const need = attempt.method === 'GET' || attempt.method === 'HEAD' ? found?.read : found?.write;
  if (need === 'anyone') return;
  if (need === 'owned') {
    if (isOwned(token.owner, found!.scope, attempt)) return;
    throw new ApiError('invalid_token');
  }
  const groups = need === 'something' ? null : need;
  if (!found || groups === undefined) throw new ApiError('not_authenticated');
  const targets = targetsOf(found, attempt, directory);
  if (!targets.some((target) => allows(token.policies, groups, target)))
    throw new ApiError('not_authenticated');
}

/** Whether it is a token of a user, or of the account that the path names. */
function isOwned(owner: TokenOwner, scope: Scope, { segments }: Attempt): boolean {
  return owner.scope === scope && (scope === 'user' || owner.id === segments[2]);
}

/** The accounts in which a new zone may be made; null is in all. */
export function accountsForZones(token: AccessToken | null, directory: AccessDirectory): string[] | null {
  if (token === null) return null;
  const groups = writes(['Zone']);
  return [...directory.accounts()].filter((account) =>
    allows(token.policies, groups, { scope: 'zone', zone: '*', account }),
  );
}

/**
 * What must be allowed, one of them: an account or zone that is still to be made is `*`, so only who may touch every one may make
 * one. A new zone that names no account may be in any.
 */
function targetsOf(
  { scope, path }: Row,
  { segments, body }: Attempt,
  directory: AccessDirectory,
): Resource[] {
  const id = path.startsWith('/user') ? '*' : (segments[2] ?? '*');
  if (scope === 'user') return [{ scope }];
  if (scope === 'account') return [{ scope, account: id }];
  if (id !== '*') return [{ scope, zone: id, account: directory.accountOf(id) ?? '' }];
  return accountsNamedIn(body, directory).map((account): Resource => ({ scope, zone: id, account }));
}

function accountsNamedIn(body: unknown, directory: AccessDirectory): string[] {
  const id = (body as { account?: { id?: unknown } | null } | null | undefined)?.account?.id ?? null;
  if (id === null) return [...directory.accounts()];
  return [typeof id === 'string' ? id : ''];
}
