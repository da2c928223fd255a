import { timestamp } from '../../../api/timestamps.js';
import type { PoolEvent } from '../../../live/messages.js';
import type { WireEvent } from './schema.js';
import type { HealthEvent } from './store.js';

/** What is stored of an event: the pool and its origins, under their names on the wire. */
export function storedOf(event: PoolEvent): Pick<WireEvent, 'pool' | 'origins'> {
  return {
    pool: {
      id: event.poolId,
      name: event.poolName,
      healthy: event.healthy,
      changed: event.changed,
      minimum_origins: event.minimumOrigins,
    },
    origins: event.origins.map(({ failureReason, ip, ...origin }) => ({
      ...origin,
      ip: ip ?? '',
      failure_reason: failureReason,
    })),
  };
}

export function toWire({ id, at, pool, origins }: HealthEvent): WireEvent {
  return {
    id: Number(id),
    timestamp: timestamp(at),
    pool: pool as WireEvent['pool'],
    origins: origins as WireEvent['origins'],
  };
}
