import type { LivePool } from '../../live/snapshot.js';

/** Failover order: the first pool of the list that can take the request. */
export function pickFirstPool(available: readonly LivePool[]): LivePool {
  return available[0]!;
}
