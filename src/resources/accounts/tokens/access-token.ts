import type { AccessToken, Policy, Resource, TokenOwner } from '../../../api/access.js';
import { groupById, type Scope } from '../../../api/permission-groups.js';
import { type Cidr, parseCidr } from '../../../net/addresses.js';
import type { ApiToken } from './definition.js';
import { readResources } from './resource-names.js';
import type { Condition, WirePolicy } from './schema.js';

/** A change makes a new token, so what is here is never out of date. */
const made = new WeakMap<ApiToken, AccessToken>();

/** A stored token as requests are checked against it. */
export function accessToken(token: ApiToken): AccessToken {
  const known = made.get(token);
  if (known) return known;
  const access = {
    id: token.id,
    owner: token.owner,
    digest: Buffer.from(token.digest, 'hex'),
    disabled: token.status === 'disabled',
    notBefore: token.notBefore,
    expiresOn: token.expiresOn,
    from: addressesOf(token.condition),
    policies: token.policies.flatMap((policy) => policiesOf(policy, token.owner)),
  };
  made.set(token, access);
  return access;
}

/** One for each scope: a permission about zones opens nothing on the account that stands beside them. */
function policiesOf({ effect, permission_groups, resources }: WirePolicy, owner: TokenOwner): Policy[] {
  const named = readResources(resources);
  if ('unknown' in named) return [];
  const known = owner.scope === 'user' ? named : within(named, owner.id);
  const groups = permission_groups.flatMap(({ id }) => groupById.get(id) ?? []);
  return SCOPES.map((of) => ({
    effect,
    groups: new Set(groups.filter(({ scope }) => scope === of).map(({ name }) => name)),
    resources: known.filter(({ scope }) => scope === of),
  })).filter((policy) => policy.groups.size > 0 && policy.resources.length > 0);
}

const SCOPES = ['account', 'zone', 'user'] as const satisfies readonly Scope[];

/** What is of the account among these: "every zone" is every one of its zones. */
function within(resources: readonly Resource[], account: string): Resource[] {
  return resources.flatMap((one) =>
    one.scope !== 'user' && (one.account === '*' || one.account === account) ? [{ ...one, account }] : [],
  );
}

function addressesOf(condition: Condition | null): AccessToken['from'] {
  const rule = condition?.request_ip;
  if (!rule) return null;
  return { only: rule.in ? ranges(rule.in) : null, not: ranges(rule.not_in ?? []) };
}

const ranges = (texts: readonly string[]): Cidr[] => texts.flatMap((text) => parseCidr(text) ?? []);
