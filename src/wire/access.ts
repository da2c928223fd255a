import { type Cidr, cidrContainsIp } from '../net/cidr.js';
import { parseIp } from '../net/ip.js';
import type { GroupName } from './permission-groups.js';

/** What a policy speaks of; `*` is every one, also those that are made later. */
export type Resource =
  | { readonly scope: 'account'; readonly account: string }
  | { readonly scope: 'zone'; readonly zone: string; readonly account: string }
  | { readonly scope: 'user' };

export interface Policy {
  readonly effect: 'allow' | 'deny';
  readonly groups: ReadonlySet<GroupName>;
  readonly resources: readonly Resource[];
}

/** A token that was made through the API, as requests are checked against it. */
export interface AccessToken {
  readonly id: string;
  /** Whose token it is: the identifier of the credential that made it. */
  readonly userId: string;
  /** SHA-256 of the value. */
  readonly digest: Buffer;
  readonly disabled: boolean;
  readonly notBefore: Date | null;
  readonly expiresOn: Date | null;
  /** Where it may be used from; null is from anywhere. */
  readonly from: { readonly only: readonly Cidr[] | null; readonly not: readonly Cidr[] } | null;
  readonly policies: readonly Policy[];
}

/** What requests are checked with, without asking the database. */
export interface AccessDirectory {
  find(digest: Buffer): AccessToken | undefined;
  /** The account of a zone; undefined when there is no such zone. */
  accountOf(zoneId: string): string | undefined;
  hasAccount(id: string): boolean;
  /** Identifiers of all accounts. */
  accounts(): Iterable<string>;
  /** All zones with their accounts. */
  zones(): Iterable<readonly [zoneId: string, accountId: string]>;
}

export type TokenStatus = 'active' | 'disabled' | 'expired';

export function statusOf(token: Pick<AccessToken, 'disabled' | 'expiresOn'>, now: Date): TokenStatus {
  if (token.disabled) return 'disabled';
  return token.expiresOn !== null && token.expiresOn <= now ? 'expired' : 'active';
}

/** Whether the token counts now. */
export function isUsable(token: AccessToken, now: Date): boolean {
  return statusOf(token, now) === 'active' && (token.notBefore === null || token.notBefore <= now);
}

/** Whether the token may be used from the address; one that cannot be read is none that was allowed. */
export function isFrom({ from }: AccessToken, address: string): boolean {
  if (from === null) return true;
  const ip = parseIp(address);
  if (!ip || from.not.some((range) => cidrContainsIp(range, ip))) return false;
  return from.only === null || from.only.some((range) => cidrContainsIp(range, ip));
}

/** Whether one of `groups` (null: any at all) is allowed on `target` and not denied. */
export function allows(
  policies: readonly Policy[],
  groups: readonly GroupName[] | null,
  target: Resource,
): boolean {
  const about = policies.filter(({ resources }) => resources.some((one) => covers(one, target)));
  const has = (effect: Policy['effect'], group: GroupName) =>
    about.some((policy) => policy.effect === effect && policy.groups.has(group));
  const candidates = groups ?? about.flatMap((policy) => [...policy.groups]);
  return candidates.some((group) => has('allow', group) && !has('deny', group));
}

function covers(resource: Resource, target: Resource): boolean {
  if (resource.scope === 'account')
    return target.scope === 'account' && matches(resource.account, target.account);
  if (resource.scope === 'zone')
    return (
      target.scope === 'zone' &&
      matches(resource.zone, target.zone) &&
      matches(resource.account, target.account)
    );
  return target.scope === 'user';
}

const matches = (pattern: string, id: string) => pattern === '*' || pattern === id;

/** The accounts that the token may see; null when there is no token that could keep any from it. */
export function visibleAccounts(token: AccessToken | null, directory: AccessDirectory): string[] | null {
  if (token === null || seesEvery('account', token.policies)) return null;
  return [...directory.accounts()].filter((account) =>
    allows(token.policies, null, { scope: 'account', account }),
  );
}

/** The zones that the token may see; null when there is no token that could keep any from it. */
export function visibleZones(token: AccessToken | null, directory: AccessDirectory): string[] | null {
  if (token === null || seesEvery('zone', token.policies)) return null;
  return [...directory.zones()]
    .filter(([zone, account]) => allows(token.policies, null, { scope: 'zone', zone, account }))
    .map(([zone]) => zone);
}

/** Every account or zone is allowed and none denied: there is nothing to choose among. */
function seesEvery(scope: 'account' | 'zone', policies: readonly Policy[]): boolean {
  const every: Resource = scope === 'account' ? { scope, account: '*' } : { scope, zone: '*', account: '*' };
  return policies.every(({ effect }) => effect === 'allow') && allows(policies, null, every);
}

export const NO_TOKENS: AccessDirectory = {
  find: () => undefined,
  accountOf: () => undefined,
  hasAccount: () => false,
  accounts: () => [],
  zones: () => [],
};
