import type { LiveOrigin, LivePool } from '../../live/snapshot.js';
import { fieldsOf } from './fields.js';
import { parseOriginAddress } from './origin-address.js';
import type { Pool, StoredOrigin } from './store.js';

/** The pool as the data plane sees it. A policy that it does not know steers like random, as `not-yet.ts` tells. */
export function livePool(pool: Pool): LivePool {
  return {
    id: pool.id,
    accountId: pool.accountId,
    name: pool.name,
    enabled: pool.enabled,
    minimumOrigins: pool.minimumOrigins,
    monitorId: pool.monitorId,
    monitorGroupId: pool.monitorGroupId,
    originSteering: fieldsOf(pool).origin_steering?.policy === 'hash' ? 'hash' : 'random',
    checkRegions: pool.checkRegions as string[] | null,
    origins: pool.origins.map(liveOrigin),
  };
}

function liveOrigin(origin: StoredOrigin): LiveOrigin {
  const host = (origin.header as { Host: string[] } | null)?.Host[0] ?? null;
  return {
    key: JSON.stringify([
      parseOriginAddress(origin.address)?.canonical ?? origin.address,
      origin.port,
      origin.virtualNetworkId,
      host,
    ]),
    name: origin.name,
    address: origin.address,
    ip: origin.ip,
    enabled: origin.enabled,
    weight: origin.weight,
    port: origin.port,
    host,
    virtualNetworkId: origin.virtualNetworkId,
  };
}
