import { present } from '../../../api/fields.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import { fieldsOf } from './fields.js';
import type { WireOrigin, WirePool } from './schema.js';
import { type ShownHealths, shownHealth } from './shown-health.js';
import type { Pool } from './store.js';

/** What is unset is left out, except where clients insist on a null; origins come in the order they were given in. */
export function toWire(pool: Pool, healths: ShownHealths): WirePool {
  const fields = fieldsOf(pool);
  const health = shownHealth(pool, healths);
  const { monitor, monitor_group, latitude, longitude } = fields;
  const { load_shedding, origin_steering, notification_filter, networks } = fields;
  return {
    id: pool.id,
    name: fields.name,
    description: fields.description,
    enabled: fields.enabled,
    minimum_origins: fields.minimum_origins,
    healthy: health.healthy,
    origins: fields.origins.map(({ header, virtual_network_id, ...origin }, index) => ({
      ...origin,
      ...health.origins[index]!,
      ...present({
        header,
        virtual_network_id,
        disabled_at: timestampOrNull(pool.origins[index]!.disabledAt),
      }),
    })) as WireOrigin[],
    check_regions: fields.check_regions as WirePool['check_regions'],
    health_sources: fields.health_sources as WirePool['health_sources'],
    notification_email: fields.notification_email,
    ...(present({
      monitor,
      monitor_group,
      latitude,
      longitude,
      load_shedding,
      origin_steering,
      notification_filter,
      networks,
      disabled_at: timestampOrNull(pool.disabledAt),
    }) as Partial<WirePool>),
    created_on: timestamp(pool.createdOn),
    modified_on: timestamp(pool.modifiedOn),
  };
}

/** `toWire` with the health that it shows. */
export const poolToWire = (healths: ShownHealths) => (pool: Pool) => toWire(pool, healths);
