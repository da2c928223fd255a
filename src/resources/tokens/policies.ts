import type { AccessDirectory } from '../../wire/access.js';
import { newHexId } from '../../wire/identifiers.js';
import { groupById } from '../../wire/permission-groups.js';
import { type NamedResource, readResources, SCOPE_NAMES } from './resource-names.js';
import type { PolicyBody, WirePolicy } from './schema.js';

/**
 * What is wrong with the policies of a token of this user, or null: permissions that are not known here, resources that
 * are not there, or permissions without any resource that they could be about.
 */
export function policiesProblem(
  policies: readonly PolicyBody[],
  userId: string,
  directory: AccessDirectory,
): string | null {
  for (const [index, policy] of policies.entries()) {
    const problem = policyProblem(policy, userId, directory);
    if (problem !== null) return `policies[${index}].${problem}`;
  }
  return null;
}

function policyProblem(policy: PolicyBody, userId: string, directory: AccessDirectory): string | null {
  const resources = readResources(policy.resources);
  if ('unknown' in resources)
    return `resources: "${resources.unknown.slice(0, 200)}" is no resource of an account, a zone or the user`;
  const absent = resources.find((resource) => !isThere(resource, userId, directory));
  if (absent) return `resources: "${absent.name}" is not there`;
  for (const [index, { id }] of policy.permission_groups.entries()) {
    const group = groupById.get(id);
    const at = `permission_groups[${index}]`;
    if (!group) return `${at}.id "${id}" is not one of GET /user/tokens/permission_groups`;
    if (!resources.some(({ scope }) => scope === group.scope))
      return `${at}: "${group.name}" needs a resource that starts with ${SCOPE_NAMES[group.scope]}`;
  }
  return null;
}

function isThere(resource: NamedResource, userId: string, directory: AccessDirectory): boolean {
  if (resource.scope === 'user') return resource.user === userId;
  const has = (account: string) => account === '*' || directory.hasAccount(account);
  if (!has(resource.account)) return false;
  if (resource.scope === 'account' || resource.zone === '*') return true;
  const owner = directory.accountOf(resource.zone);
  return owner !== undefined && (resource.account === '*' || resource.account === owner);
}

/** The policies as they are stored and shown. */
export function storedPolicies(policies: readonly PolicyBody[]): WirePolicy[] {
  return policies.map(({ effect, permission_groups, resources }) => ({
    id: newHexId(),
    effect,
    permission_groups: permission_groups.map(({ id }) => ({ id, name: groupById.get(id)!.name })),
    resources,
  }));
}
