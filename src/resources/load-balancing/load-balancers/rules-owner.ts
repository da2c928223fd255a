import type { AccessDirectory } from '../../../api/access.js';
import { ApiError } from '../../../api/errors.js';
import type { Client } from '../../../storage/database.js';
import { getZone } from '../../accounts/zones/index.js';
import { inAscii, inUnicode, isHostnameIn } from '../../hostname.js';

/** The path of a request names one of the two; that the account is there has been seen to before. */
export interface OwnerParams {
  readonly zone_id?: string | undefined;
  readonly account_id?: string | undefined;
}

/** Who has a load balancer: a zone, below whose name it stands, or an account itself, with a null zone. */
export interface Owner {
  readonly accountId: string;
  readonly zone: { readonly id: string; readonly name: string } | null;
}

export async function ownerOf(db: Client, { zone_id, account_id }: OwnerParams): Promise<Owner> {
  if (zone_id === undefined) return { accountId: account_id!, zone: null };
  const zone = await getZone(db, zone_id);
  return { accountId: zone.accountId, zone };
}

/** Under which the load balancers of one owner stand in memory. */
export const ownerKey = ({ zoneId, accountId }: { zoneId: string | null; accountId: string }): string =>
  zoneId === null ? `account ${accountId}` : `zone ${zoneId}`;

/** The key of the owner that a path names; throws when there is no such zone. */
export function ownerKeyOf(access: Pick<AccessDirectory, 'accountOf'>, params: OwnerParams): string {
  const { zone_id: zoneId = null, account_id: accountId = '' } = params;
  if (zoneId !== null && access.accountOf(zoneId) === undefined)
    throw new ApiError('no_such_route', `/zones/${zoneId}`);
  return ownerKey({ zoneId, accountId });
}

/**
 * The host name under which a load balancer of a zone is reached, whatever the case and script of its name; null for one
 * of an account, which is reached at an address. Throws when the name cannot be taken: of an account it may be any text.
 */
export function hostnameFor({ zone }: Owner, name: string): string | null {
  const hostname = zone && inAscii(name);
  if (zone && !isHostnameIn(zone.name, hostname!)) {
    const above = inUnicode(zone.name);
    throw new ApiError(
      'validation_failed',
      `invalid hostname: ${name} (it must be ${above} or end in .${above})`,
    );
  }
  if (!zone && (name.trim() === '' || /\p{Cc}/u.test(name)))
    throw new ApiError('validation_failed', 'name must not be blank or have control characters');
  return hostname;
}
