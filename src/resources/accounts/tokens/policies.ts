import type { AccessDirectory, TokenOwner } from '../../../api/access.js';
import type { Message } from '../../../api/envelope.js';
import { notice } from '../../../api/notices.js';
import { groupById, type PermissionGroup } from '../../../api/permission-groups.js';
import type { Stamp } from '../../../storage/tables/definition.js';
import { firstFew } from '../../first-few.js';
import { type NamedResource, readResources, SCOPE_NAMES } from './resource-names.js';
import type { PolicyBody, WirePolicy } from './schema.js';

/**
 * What is wrong with the policies of a token of this owner, or null: permissions that are not known here, or resources that
 * are not there or not the owner's.
 */
export function policiesProblem(
  policies: readonly PolicyBody[],
  owner: TokenOwner,
  directory: AccessDirectory,
): string | null {
  for (const [index, policy] of policies.entries()) {
    const problem = policyProblem(policy, owner, directory);
    if (problem !== null) return `policies[${index}].${problem}`;
  }
  return null;
}

function policyProblem(policy: PolicyBody, owner: TokenOwner, directory: AccessDirectory): string | null {
  const resources = readResources(policy.resources);
  if ('unknown' in resources)
    return `resources: "${resources.unknown.slice(0, 200)}" is no resource of an account, a zone or the user`;
  const absent = resources.find((resource) => !isThere(resource, owner, directory));
  if (absent && owner.scope === 'account')
    return `resources: "${absent.name}" is neither account ${owner.id}, whose token this is, nor a zone of it`;
  if (absent) return `resources: "${absent.name}" is not there`;
  for (const [index, { id }] of policy.permission_groups.entries()) {
    const group = groupById.get(id);
    const at = `permission_groups[${index}]`;
    if (!group || !canHave(owner, group))
      return `${at}.id "${id}" is not one of GET ${GROUPS_OF[owner.scope]}/permission_groups`;
  }
  return null;
}

/** One message for each policy with permissions that none of its resources can be about: they are taken, as at Cloudflare, and open nothing. */
export function policyNotices(policies: readonly WirePolicy[]): Message[] {
  return policies.flatMap(({ permission_groups, resources }, index) => {
    const known = readResources(resources);
    const scopes = new Set('unknown' in known ? [] : known.map(({ scope }) => scope));
    const idle = permission_groups
      .flatMap(({ id }) => groupById.get(id) ?? [])
      .filter(({ scope }) => !scopes.has(scope));
    if (idle.length === 0) return [];
    const needs = [...new Set(idle.map(({ scope }) => SCOPE_NAMES[scope]))].join(' or ');
    const names = firstFew(idle.map(({ name }) => JSON.stringify(name)));
    return [
      notice('no_effect_yet', `policies[${index}]: ${names} opens nothing: no resource starts with ${needs}`),
    ];
  });
}

const GROUPS_OF = { user: '/user/tokens', account: '/accounts/{account_id}/tokens' } as const;

/** An account has nothing to do with users. */
export const canHave = (owner: Pick<TokenOwner, 'scope'>, group: Pick<PermissionGroup, 'scope'>): boolean =>
  owner.scope === 'user' || group.scope !== 'user';

function isThere(resource: NamedResource, owner: TokenOwner, directory: AccessDirectory): boolean {
  if (owner.scope === 'account') return isOfAccount(resource, owner.id, directory);
  if (resource.scope === 'user') return resource.user === owner.id;
  const has = (account: string) => account === '*' || directory.hasAccount(account);
  if (!has(resource.account)) return false;
  if (resource.scope === 'account' || resource.zone === '*') return true;
  const account = directory.accountOf(resource.zone);
  return account !== undefined && (resource.account === '*' || resource.account === account);
}

/** "Every zone" means every one of the account's. */
function isOfAccount(resource: NamedResource, account: string, directory: AccessDirectory): boolean {
  if (resource.scope === 'user') return false;
  if (resource.scope === 'account') return resource.account === account;
  if (resource.account !== '*' && resource.account !== account) return false;
  return resource.zone === '*' || directory.accountOf(resource.zone) === account;
}

/** The policies as they are stored and shown. */
export function storedPolicies({ ids }: Pick<Stamp, 'ids'>, policies: readonly PolicyBody[]): WirePolicy[] {
  return policies.map(({ effect, permission_groups, resources }) => ({
    id: ids.hex(),
    effect,
    permission_groups: permission_groups.map(({ id }) => ({ id, name: groupById.get(id)!.name })),
    resources,
  }));
}
