import { isDeepStrictEqual } from 'node:util';
import type { LiveMonitor, LivePool, Snapshot } from '../live/snapshot.js';
import type { LiveChange } from '../live/snapshot-store.js';
import type { ProbeTarget } from './probes/probe.js';

/** A probed origin with what its log lines and transitions say about it. */
export interface Target extends ProbeTarget {
  readonly poolName: string;
}

/** What must be probed for `pool`: each enabled origin, when the pool is enabled and has a monitor. By origin key. */
export function targetsOf(pool: LivePool | undefined, snapshot: Snapshot): Map<string, Target> {
  const targets = new Map<string, Target>();
  const monitor =
    pool?.enabled && pool.monitorId !== null ? snapshot.monitors.get(pool.monitorId) : undefined;
  if (!pool || !monitor) return targets;
  for (const origin of pool.origins) {
    if (origin.enabled) targets.set(origin.key, { poolId: pool.id, poolName: pool.name, origin, monitor });
  }
  return targets;
}

/** Whether results of one monitor still stand under the other. */
export function isSameMonitor(a: LiveMonitor, b: LiveMonitor): boolean {
  return isDeepStrictEqual(a, b);
}

/** The pools whose targets may differ after `changes`. */
export function affectedPools(changes: readonly LiveChange[], snapshot: Snapshot): Set<string> {
  const ids = new Set<string>();
  const monitors = new Set<string>();
  for (const { noun, id } of changes) {
    if (noun === 'pool') ids.add(id);
    if (noun === 'monitor') monitors.add(id);
  }
  if (monitors.size === 0) return ids;
  for (const pool of snapshot.pools.values()) {
    if (pool.monitorId !== null && monitors.has(pool.monitorId)) ids.add(pool.id);
  }
  return ids;
}
