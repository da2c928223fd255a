import type { CheckRegion, HealthSource } from './regions.js';
import type { LoadShedding, NotificationFilter, OriginSteering } from './schema.js';
import type { Pool, StoredOrigin } from './store.js';

/** An origin with every field set, under its names on the wire. */
export interface OriginFields {
  readonly name: string;
  readonly address: string;
  readonly enabled: boolean;
  readonly weight: number;
  readonly port: number;
  readonly header: { readonly Host: string[] } | null;
  readonly virtual_network_id: string | null;
  readonly flatten_cname: boolean;
}

/** A pool with every field set, under its names on the wire; null is how a field without a default is unset. */
export interface PoolFields {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly minimum_origins: number;
  readonly origins: readonly OriginFields[];
  readonly monitor: string | null;
  readonly monitor_group: string | null;
  readonly check_regions: readonly CheckRegion[] | null;
  readonly health_sources: readonly HealthSource[] | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly load_shedding: LoadShedding | null;
  readonly origin_steering: OriginSteering | null;
  readonly notification_email: string;
  readonly notification_filter: NotificationFilter | null;
  readonly networks: readonly string[] | null;
}

/** `name` and `origins` have no defaults: every body that starts from here names them. */
export const POOL_DEFAULTS: PoolFields = {
  name: '',
  description: '',
  enabled: true,
  minimum_origins: 1,
  origins: [],
  monitor: null,
  monitor_group: null,
  check_regions: null,
  health_sources: null,
  latitude: null,
  longitude: null,
  load_shedding: null,
  origin_steering: null,
  notification_email: '',
  notification_filter: null,
  networks: null,
};

export const ORIGIN_DEFAULTS = { enabled: true, weight: 1, port: 0, flatten_cname: true };

/** What is stored, as fields. */
export function fieldsOf(pool: Pool): PoolFields {
  return {
    name: pool.name,
    description: pool.description,
    enabled: pool.enabled,
    minimum_origins: pool.minimumOrigins,
    origins: pool.origins.map(originFieldsOf),
    monitor: pool.monitorId,
    monitor_group: pool.monitorGroupId,
    check_regions: pool.checkRegions as PoolFields['check_regions'],
    health_sources: pool.healthSources as PoolFields['health_sources'],
    latitude: pool.latitude,
    longitude: pool.longitude,
    load_shedding: pool.loadShedding as LoadShedding | null,
    origin_steering: pool.originSteering as OriginSteering | null,
    notification_email: pool.notificationEmail,
    notification_filter: pool.notificationFilter as NotificationFilter | null,
    networks: pool.networks as string[] | null,
  };
}

function originFieldsOf(origin: StoredOrigin): OriginFields {
  return {
    name: origin.name,
    address: origin.address,
    enabled: origin.enabled,
    weight: origin.weight,
    port: origin.port,
    header: origin.header as OriginFields['header'],
    virtual_network_id: origin.virtualNetworkId,
    flatten_cname: origin.flattenCname,
  };
}
