import { isDeepStrictEqual } from 'node:util';
import type { LiveGroupMember, LiveMonitor, LiveOrigin, LivePool, Snapshot } from '../live/snapshot.js';
import type { LiveChange } from '../live/snapshot-store.js';
import type { CheckPlace } from './monitor-checks.js';

const HERE: readonly CheckPlace[] = [null];

/** A probed origin, with what its log lines and transitions say about it. */
export interface ProbedOrigin {
  readonly poolId: string;
  readonly poolName: string;
  readonly origin: LiveOrigin;
  /** Who has a verdict on it: each region that checks the pool, or this place alone. */
  readonly places: readonly CheckPlace[];
  /** At least one. */
  readonly monitors: readonly TargetMonitor[];
}

/** A monitor of a target, and what its findings count for. */
export interface TargetMonitor extends Pick<LiveGroupMember, 'monitoringOnly' | 'mustBeHealthy'> {
  readonly monitor: LiveMonitor;
}

/** What must be probed for `pool`: each enabled origin, when the pool is enabled and has monitors. By origin key. */
export function targetsOf(pool: LivePool | undefined, snapshot: Snapshot): Map<string, ProbedOrigin> {
  const targets = new Map<string, ProbedOrigin>();
  if (!pool?.enabled) return targets;
  const monitors = monitorsOf(pool, snapshot);
  if (monitors.length === 0) return targets;
  const places = pool.checkRegions ?? HERE;
  for (const origin of pool.origins) {
    if (origin.enabled)
      targets.set(origin.key, { poolId: pool.id, poolName: pool.name, origin, places, monitors });
  }
  return targets;
}

function monitorsOf({ monitorId, monitorGroupId }: LivePool, snapshot: Snapshot): TargetMonitor[] {
  const members: readonly LiveGroupMember[] =
    monitorId !== null
      ? [{ monitorId, monitoringOnly: false, mustBeHealthy: true }]
      : (snapshot.monitorGroups.get(monitorGroupId ?? '')?.members ?? []);
  return members.flatMap(({ monitorId: id, monitoringOnly, mustBeHealthy }) => {
    const monitor = snapshot.monitors.get(id);
    return monitor ? [{ monitor, monitoringOnly, mustBeHealthy }] : [];
  });
}

/**
 * Whether both ask the same of an origin, so that a verdict of one stands under the other: how often, how patiently and how
 * many times in a row it is asked is not part of that.
 */
export function asksTheSame(a: LiveMonitor, b: LiveMonitor): boolean {
  return isDeepStrictEqual(whatIsAsked(a), whatIsAsked(b));
}

function whatIsAsked(monitor: LiveMonitor): unknown {
  const { type, port } = monitor;
  if (type === 'icmp_ping') return { type };
  if (type !== 'http' && type !== 'https') return { type, port };
  const { method, path, header, expectedBody, expectedCodes, followRedirects, allowInsecure } = monitor;
  return {
    type,
    port: port || (type === 'https' ? 443 : 80),
    method,
    path,
    header,
    expectedBody,
    expectedCodes,
    followRedirects,
    allowInsecure,
  };
}

/** The pools whose targets may differ after `changes`. */
export function affectedPools(changes: readonly LiveChange[], snapshot: Snapshot): Set<string> {
  const changed = (noun: LiveChange['noun']) =>
    new Set(changes.filter((change) => change.noun === noun).map(({ id }) => id));
  const pools = changed('pool');
  const monitors = changed('monitor');
  const groups = changed('monitor_group');
  if (monitors.size === 0 && groups.size === 0) return pools;
  for (const { id, members } of snapshot.monitorGroups.values())
    if (members.some(({ monitorId }) => monitors.has(monitorId))) groups.add(id);
  for (const { id, monitorId, monitorGroupId } of snapshot.pools.values())
    if (monitors.has(monitorId ?? '') || groups.has(monitorGroupId ?? '')) pools.add(id);
  return pools;
}
