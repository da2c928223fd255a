import type { OriginFields, PoolFields } from './fields.js';
import { parseOriginAddress } from './origin-address.js';
import type { Pool, StoredOrigin } from './store.js';

interface Identity {
  readonly id: string;
  readonly accountId: string;
  readonly createdOn: Date;
}

/**
 * The pool as it is stored at `now`. `before` is what is stored of it already: it tells since when the pool and each of
 * its origins (known by its address) have been disabled.
 */
export function poolAt(now: Date, identity: Identity, fields: PoolFields, before: Pool | null): Pool {
  const disabledBefore = new Map(
    before?.origins.map(({ address, disabledAt }) => [canonical(address), disabledAt]),
  );
  const origins = fields.origins.map((origin, position) =>
    originAt(now, identity, origin, position, disabledBefore.get(canonical(origin.address)) ?? null),
  );
  return {
    id: identity.id,
    accountId: identity.accountId,
    name: fields.name,
    description: fields.description,
    enabled: fields.enabled,
    disabledAt: fields.enabled ? null : (before?.disabledAt ?? now),
    minimumOrigins: fields.minimum_origins,
    monitorId: fields.monitor,
    monitorGroupId: fields.monitor_group,
    checkRegions: fields.check_regions as string[] | null,
    healthSources: fields.health_sources as string[] | null,
    latitude: fields.latitude,
    longitude: fields.longitude,
    loadShedding: fields.load_shedding,
    originSteering: fields.origin_steering,
    notificationEmail: fields.notification_email,
    notificationFilter: fields.notification_filter as Pool['notificationFilter'],
    networks: fields.networks as string[] | null,
    createdOn: identity.createdOn,
    modifiedOn: now,
    origins,
  };
}

function originAt(
  now: Date,
  { id, accountId }: Identity,
  fields: OriginFields,
  position: number,
  disabledBefore: Date | null,
): StoredOrigin {
  const address = parseOriginAddress(fields.address);
  return {
    poolId: id,
    position,
    accountId,
    name: fields.name,
    address: fields.address,
    ip: address?.kind === 'ip' ? address.canonical : null,
    enabled: fields.enabled,
    weight: fields.weight,
    port: fields.port,
    header: fields.header,
    flattenCname: fields.flatten_cname,
    virtualNetworkId: fields.virtual_network_id,
    disabledAt: fields.enabled ? null : (disabledBefore ?? now),
  };
}

const canonical = (address: string) => parseOriginAddress(address)?.canonical ?? address;
