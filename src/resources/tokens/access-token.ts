import { type Cidr, parseCidr } from '../../net/cidr.js';
import type { AccessToken, Policy } from '../../wire/access.js';
import { groupById } from '../../wire/permission-groups.js';
import { readResources } from './resource-names.js';
import type { Condition, WirePolicy } from './schema.js';
import type { ApiToken } from './store.js';

/** A stored token as requests are checked against it. */
export function accessToken(row: ApiToken): AccessToken {
  return {
    id: row.id,
    userId: row.userId,
    digest: Buffer.from(row.digest),
    disabled: row.status === 'disabled',
    notBefore: row.notBefore,
    expiresOn: row.expiresOn,
    from: addressesOf(row.condition as Condition | null),
    policies: (row.policies as WirePolicy[]).map(policyOf),
  };
}

function policyOf({ effect, permission_groups, resources }: WirePolicy): Policy {
  const known = readResources(resources);
  return {
    effect,
    groups: new Set(permission_groups.flatMap(({ id }) => groupById.get(id)?.name ?? [])),
    resources: 'unknown' in known ? [] : known,
  };
}

function addressesOf(condition: Condition | null): AccessToken['from'] {
  const rule = condition?.request_ip;
  if (!rule) return null;
  return { only: rule.in ? ranges(rule.in) : null, not: ranges(rule.not_in ?? []) };
}

const ranges = (texts: readonly string[]): Cidr[] => texts.flatMap((text) => parseCidr(text) ?? []);
