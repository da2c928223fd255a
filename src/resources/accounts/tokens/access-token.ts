import type { AccessToken, Policy, Resource, TokenOwner } from '../../../api/access.js';
import { groupById, type Scope } from '../../../api/permission-groups.js';
import { type Cidr, parseCidr } from '../../../net/cidr.js';
import { readResources } from './resource-names.js';
import type { Condition, WirePolicy } from './schema.js';
import { type ApiToken, ownerOf } from './store.js';

/** A stored token as requests are checked against it. */
export function accessToken(row: ApiToken): AccessToken {
  const owner = ownerOf(row);
  return {
    id: row.id,
    owner,
    digest: Buffer.from(row.digest),
    disabled: row.status === 'disabled',
    notBefore: row.notBefore,
    expiresOn: row.expiresOn,
    from: addressesOf(row.condition as Condition | null),
    policies: (row.policies as WirePolicy[]).flatMap((policy) => policiesOf(policy, owner)),
  };
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
