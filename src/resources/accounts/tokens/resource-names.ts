import type { Resource } from '../../../api/access.js';
import type { Scope } from '../../../api/permission-groups.js';
import type { WirePolicy } from './schema.js';

const ACCOUNT = /^com\.cloudflare\.api\.account\.(\*|[0-9a-f]{32})$/;
const ZONE = /^com\.cloudflare\.api\.account\.zone\.(\*|[0-9a-f]{32})$/;
const USER = /^com\.cloudflare\.api\.user\.([0-9a-f]{32})$/;

export const SCOPE_NAMES = {
  account: 'com.cloudflare.api.account',
  zone: 'com.cloudflare.api.account.zone',
  user: 'com.cloudflare.api.user',
} as const satisfies Record<Scope, string>;

/** A resource as a policy names it, with the user whose it is. */
export type NamedResource = Resource & { readonly name: string; readonly user?: string };

/**
 * What the members of `resources` stand for, or the first name that stands for nothing here. Zones under an account are
 * `{"com.cloudflare.api.account.<id>": {"com.cloudflare.api.account.zone.*": "*"}}`.
 */
export function readResources(
  resources: WirePolicy['resources'],
): NamedResource[] | { readonly unknown: string } {
  const found: NamedResource[] = [];
  for (const [name, value] of Object.entries(resources)) {
    const nested = typeof value === 'string' ? null : value;
    const account = ACCOUNT.exec(name)?.[1];
    if (nested && account === undefined) return { unknown: `${name} with an object` };
    if (nested) {
      for (const zoneName of Object.keys(nested)) {
        const zone = ZONE.exec(zoneName)?.[1];
        if (zone === undefined) return { unknown: zoneName };
        found.push({ name: zoneName, scope: 'zone', zone, account: account! });
      }
      continue;
    }
    const one = readName(name);
    if (!one) return { unknown: name };
    found.push(one);
  }
  return found;
}

function readName(name: string): NamedResource | null {
  const account = ACCOUNT.exec(name)?.[1];
  if (account !== undefined) return { name, scope: 'account', account };
  const zone = ZONE.exec(name)?.[1];
  if (zone !== undefined) return { name, scope: 'zone', zone, account: '*' };
  const user = USER.exec(name)?.[1];
  return user === undefined ? null : { name, scope: 'user', user };
}
