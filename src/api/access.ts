import { type Cidr, cidrContainsIp, parseIp } from '../net/addresses.js';
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

/** Whose a token is. One of an account does not depend on whoever made it, and ends with the account. */
export interface TokenOwner {
  readonly scope: 'user' | 'account';
  readonly id: string;
}

/** A token that was made through the API, as requests are checked against it. */
export interface AccessToken {
  readonly id: string;
  readonly owner: TokenOwner;
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
  find(digest: string): AccessToken | undefined;
  /** A request has come with the token. */
  used(id: string, now: Date): void;
  /** When that was last, in this process. */
  lastUsed(id: string): Date | undefined;
  /** The account of a zone; undefined when there is no such zone. */
  accountOf(zoneId: string): string | undefined;
  hasAccount(id: string): boolean;
  /** Identifiers of all accounts. */
  accounts(): Iterable<string>;
  /** All zones with their accounts. */
  zones(): Iterable<readonly [zoneId: string, accountId: string]>;
}

export type TokenStatus = 'active' | 'disabled' | 'expired';

export function tokenStatus(token: Pick<AccessToken, 'disabled' | 'expiresOn'>, now: Date): TokenStatus {
  if (token.disabled) return 'disabled';
  return token.expiresOn !== null && token.expiresOn <= now ? 'expired' : 'active';
}

/** Whether the token counts now. */
export function isUsable(token: AccessToken, now: Date): boolean {
  return tokenStatus(token, now) === 'active' && (token.notBefore === null || token.notBefore <= now);
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
  const groupsOf = (effect: Policy['effect'], is: Relation) =>
    new Set(
      policies
        .filter((policy) => policy.effect === effect && policy.resources.some((one) => fits(one, target, is)))
        .flatMap((policy) => [...policy.groups]),
    );
  const allowed = groupsOf('allow', covers);
  const denied = groupsOf('deny', meets);
  return (groups ?? [...allowed]).some((group) => allowed.has(group) && !denied.has(group));
}

type Relation = (pattern: string, id: string) => boolean;

function fits(resource: Resource, target: Resource, is: Relation): boolean {
  if (resource.scope === 'account') return target.scope === 'account' && is(resource.account, target.account);
  if (resource.scope === 'zone')
    return target.scope === 'zone' && is(resource.zone, target.zone) && is(resource.account, target.account);
  return target.scope === 'user';
}

/** What is allowed on it is allowed on all that `id` stands for. */
const covers: Relation = (pattern, id) => pattern === '*' || pattern === id;
/** What is denied on it is denied on some of what `id` stands for, and so not allowed on every one. */
const meets: Relation = (pattern, id) => covers(pattern, id) || id === '*';

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
  used: () => undefined,
  lastUsed: () => undefined,
  accountOf: () => undefined,
  hasAccount: () => false,
  accounts: () => [],
  zones: () => [],
};
