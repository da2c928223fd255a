import type { AccessToken, TokenStatus } from '../../../api/access.js';
import { present } from '../../../api/fields.js';
import type { PermissionGroup } from '../../../api/permission-groups.js';
import type { ApiToken } from './definition.js';
import { SCOPE_NAMES } from './resource-names.js';
import type { WireToken } from './schema.js';

/** RFC 3339 in UTC, in seconds, as tokens have it. */
const seconds = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
const secondsOrNull = (date: Date | null) => date && seconds(date);

const validity = ({ notBefore, expiresOn }: Pick<AccessToken, 'notBefore' | 'expiresOn'>) =>
  present({ not_before: secondsOrNull(notBefore), expires_on: secondsOrNull(expiresOn) });

export function tokenToWire(token: ApiToken, status: TokenStatus, lastUsed: Date | null): WireToken {
  return {
    id: token.id,
    name: token.name,
    status,
    issued_on: seconds(token.issuedOn),
    modified_on: seconds(token.modifiedOn),
    ...validity(token),
    policies: token.policies.map(({ resources, ...policy }) => ({
      ...policy,
      resources: inOrder(resources),
    })),
    ...present({
      condition: token.condition,
      last_used_on: secondsOrNull(lastUsed),
      creator_email_at_creation: token.creatorEmail,
    }),
  };
}

/**
 * By name, as Terraform writes it: its provider compares the text, and the database keeps members by the length of their names.
 */
function inOrder<R extends object>(resources: R): R {
  const members = Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === 'string' ? value : inOrder(value)]),
  ) as R;
}

export const verifiedToWire = (token: AccessToken, status: TokenStatus) => ({
  id: token.id,
  status,
  ...validity(token),
});

export const groupToWire = ({ id, name, category, scope }: PermissionGroup) => ({
  id,
  name,
  category,
  is_selectable: true,
  scopes: [SCOPE_NAMES[scope]],
});
