import type { LiveNotificationFilter, LiveOrigin, LivePool } from '../../../live/snapshot.js';
import { inAscii, isAscii } from '../../hostname.js';
import { fieldsOf } from './fields.js';
import { parseOriginAddress } from './origin-address.js';
import { regionsOf } from './regions.js';
import type { Pool, StoredOrigin } from './store.js';

/** The pool as the data plane sees it. */
export function livePool(pool: Pool): LivePool {
  const fields = fieldsOf(pool);
  const { load_shedding: shedding, notification_filter: filter } = fields;
  return {
    id: pool.id,
    accountId: pool.accountId,
    name: fields.name,
    enabled: fields.enabled,
    minimumOrigins: fields.minimum_origins,
    monitorId: fields.monitor,
    monitorGroupId: fields.monitor_group,
    originSteering: fields.origin_steering?.policy ?? 'random',
    checkRegions: fields.check_regions && regionsOf(fields.check_regions),
    healthSources: fields.health_sources?.includes('regional') ? 'regional' : 'local',
    latitude: fields.latitude,
    longitude: fields.longitude,
    loadShedding: {
      defaultPercent: shedding?.default_percent ?? 0,
      defaultPolicy: shedding?.default_policy ?? 'random',
      sessionPercent: shedding?.session_percent ?? 0,
    },
    notifications: { pool: notificationFilter(filter?.pool), origin: notificationFilter(filter?.origin) },
    origins: pool.origins.map(liveOrigin),
  };
}

const notificationFilter = (
  filter:
    | { readonly disable?: boolean | null | undefined; readonly healthy?: boolean | null | undefined }
    | null
    | undefined,
): LiveNotificationFilter => ({ disable: filter?.disable ?? false, healthy: filter?.healthy ?? null });

const hostOf = (origin: StoredOrigin) => (origin.header as { Host: string[] } | null)?.Host[0] ?? null;

/** By which health checks know the origin within its pool. */
export function originKey(origin: StoredOrigin): string {
  const address = parseOriginAddress(origin.address)?.canonical ?? origin.address;
  return JSON.stringify([address, origin.port, origin.virtualNetworkId, hostOf(origin)]);
}

/** DNS and HTTP know names in ASCII only. */
const onTheWire = (name: string) => (isAscii(name) ? name : inAscii(name));

function liveOrigin(origin: StoredOrigin): LiveOrigin {
  const host = hostOf(origin);
  return {
    key: originKey(origin),
    accountId: origin.accountId,
    name: origin.name,
    address: onTheWire(origin.address),
    ip: origin.ip,
    enabled: origin.enabled,
    disabledAt: origin.disabledAt?.getTime() ?? null,
    weight: origin.weight,
    port: origin.port,
    host: host && onTheWire(host),
    virtualNetworkId: origin.virtualNetworkId,
    flattenCname: origin.flattenCname,
  };
}
