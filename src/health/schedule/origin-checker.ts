import { isDeepStrictEqual } from 'node:util';
import {
  type HealthBoard,
  type HealthState,
  type HealthTransition,
  type OriginHealth,
  UNKNOWN_HEALTH,
} from '../../state/health-board.js';
import type { LiveGroupMember, LiveMonitor, LiveOrigin } from '../../state/snapshot.js';
import { withoutWay } from '../probes/check.js';
import type { ProbeDependencies } from '../probes/probe.js';
import { aggregateFindings, aggregatePlaces, type Faults, type PlaceHealth, UNCHECKED } from '../verdict.js';
import { type CheckPlace, type ChecksParts, type MonitorChecks, startChecks } from './monitor-checks.js';
import type { Scheduler } from './scheduler.js';

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

/** The health of one origin in one pool, from its first probe until it is no longer probed. */
export interface OriginChecker {
  readonly target: ProbedOrigin;
  /** Whether a monitor has no result yet, since the checker has started or the monitor has changed. */
  readonly pending: boolean;
  /** Calls back when the next result leaves no monitor without one, or when the checker ends. */
  onceSettled(listener: () => void): void;
  /** What one place finds by itself. */
  at(place: CheckPlace): PlaceHealth;
  /** Faults have changed: what the places that see them find counts from now on. */
  reevaluate(): void;
  /** Takes over the newest configuration. Only a monitor that is new, or asks for something else, starts over: with a probe at once. */
  update(target: ProbedOrigin): void;
  /** The way to the origin may have changed: without one it is down at this moment, otherwise it is probed at once. */
  recheck(): void;
  end(): void;
}

export interface OriginCheckerParts {
  readonly board: HealthBoard;
  readonly scheduler: Scheduler;
  readonly dependencies: ProbeDependencies;
  readonly faults: Pick<Faults, 'find' | 'struck'>;
  readonly onTransition: (transition: HealthTransition) => void;
  /** One of several monitors has come to another state; what it counts for is another matter. */
  readonly onFinding: (
    target: ProbedOrigin,
    monitorId: string,
    from: HealthState,
    found: PlaceHealth,
  ) => void;
  readonly onChecked?: ChecksParts['onChecked'];
}

/** `last` is the verdict that the last process has left: it stands until the first result. */
export function createOriginChecker(
  first: ProbedOrigin,
  checkerParts: OriginCheckerParts,
  last?: PlaceHealth,
): OriginChecker {
  const { board, scheduler, dependencies, faults, onTransition, onFinding, onChecked } = checkerParts;
  let target = first;
  let health: OriginHealth = last ? { ...last, regions: null } : UNKNOWN_HEALTH;
  let begun = false;
  /** By monitor id. */
  const checks = new Map<string, MonitorChecks>();
  /** Added beside others that had come to a verdict: they have no say before they have come to one of their own. */
  const joining = new Set<string>();
  const listeners: (() => void)[] = [];
  const parts = { scheduler, dependencies, faults, onResult, onChecked };
  follow();
  begun = true;
  publish();

  /** One run of checks for each monitor of the target. */
  function follow(): void {
    const wanted = new Map(target.monitors.map(({ monitor }) => [monitor.id, monitor]));
    const known = new Set(checks.keys());
    const stands = health.state !== 'unknown';
    for (const [id, one] of checks) {
      const next = wanted.get(id);
      if (next && asksTheSame(one.monitor, next)) {
        if (next !== one.monitor) one.retune(next);
        continue;
      }
      one.end();
      checks.delete(id);
      joining.delete(id);
    }
    const remain = checks.size > 0;
    for (const { monitor, monitoringOnly } of target.monitors) {
      const { id } = monitor;
      if (checks.has(id)) continue;
      if (remain && stands && !known.has(id)) joining.add(id);
      // What one that has no say has found is not written down.
      const initial = begun || monitoringOnly ? undefined : last;
      checks.set(
        id,
        startChecks(() => target, monitor, parts, initial),
      );
    }
  }

  function onResult({ monitor, health: found }: MonitorChecks, { state: from }: PlaceHealth): void {
    // The only one that has a say speaks through the origin's own health.
    const alone = target.monitors.length === 1 && !target.monitors[0]!.monitoringOnly;
    // Nobody knows what it had found before the start: that it finds nothing wrong is no news.
    const noNews = last !== undefined && from === 'unknown' && found.state === 'healthy';
    if (!alone && !noNews && from !== found.state) onFinding(target, monitor.id, from, found);
    settle();
  }

  function settle(): void {
    publish();
    if (!isPending()) notifySettled();
  }

  function isPending(): boolean {
    for (const { checked } of checks.values()) if (!checked) return true;
    return false;
  }

  function notifySettled(): void {
    for (const listener of listeners.splice(0)) listener();
  }

  /** The monitors vote at each place, and the places among each other. */
  function publish(): void {
    const from = health.state;
    const { places } = target;
    const common = at(null);
    const found = places.map((place) => (differsAt(place) ? at(place) : common));
    const together = found.every((one) => one === common) ? common : aggregatePlaces(found);
    health = withRegions(together, regionsOf(places, found, health.regions));
    board.set(target.poolId, target.origin.key, health);
    if (from !== health.state) onTransition(transition(from, health));
  }

  function differsAt(place: CheckPlace): boolean {
    for (const one of checks.values()) if (one.differsAt(place)) return true;
    return false;
  }

  function at(place: CheckPlace): PlaceHealth {
    return aggregateFindings(
      target.monitors.map(({ monitor: { id }, monitoringOnly, mustBeHealthy }) => {
        const found = checks.get(id)?.at(place) ?? UNCHECKED;
        const silent = found.state === 'unknown' && joining.has(id);
        return { health: found, monitoringOnly: monitoringOnly || silent, mustBeHealthy };
      }),
    );
  }

  function reevaluate(): void {
    for (const one of checks.values()) one.reevaluate();
    publish();
  }

  function transition(
    from: OriginHealth['state'],
    { state, failureReason, failureDetail }: OriginHealth,
  ): HealthTransition {
    const { poolId, poolName, origin } = target;
    return {
      poolId,
      poolName,
      originKey: origin.key,
      originName: origin.name,
      address: origin.address,
      from,
      to: state,
      failureReason,
      failureDetail,
      at: dependencies.clock.now(),
    };
  }

  return {
    get target() {
      return target;
    },
    get pending() {
      return isPending();
    },
    onceSettled(listener) {
      listeners.push(listener);
    },
    at,
    reevaluate,
    update(next) {
      target = next;
      follow();
      reevaluate();
    },
    recheck() {
      const cutOff = withoutWay(target.origin, dependencies.offramps);
      for (const one of checks.values()) {
        if (cutOff) one.cutOff(cutOff);
        else one.checkNow();
      }
      // One step for all monitors: half of them would be a verdict that nobody has found.
      if (cutOff) settle();
    },
    end() {
      for (const one of checks.values()) one.end();
      board.remove(target.poolId, target.origin.key);
      notifySettled();
    },
  };
}

/** Field by field: spreading one object into another takes V8 several times as long. */
function withRegions(found: PlaceHealth, regions: OriginHealth['regions']): OriginHealth {
  const { state, failureReason, failureDetail, responseCode, rttMs, latencyMs, checkedAt } = found;
  return { state, failureReason, failureDetail, responseCode, rttMs, latencyMs, regions, checkedAt };
}

/** The states by region; `before` when they are the same, so that readers see at a glance that nothing has changed. */
function regionsOf(
  places: readonly CheckPlace[],
  found: readonly PlaceHealth[],
  before: OriginHealth['regions'],
): OriginHealth['regions'] {
  if (places[0] === null || places.length === 0) return null;
  const same =
    before?.size === places.length &&
    places.every((place, index) => before.get(place!) === found[index]!.state);
  return same ? before : new Map(places.map((place, index) => [place!, found[index]!.state]));
}

/**
 * Whether both ask the same of an origin, so that a verdict of one stands under the other: how often, how patiently and how
 * many times in a row it is asked is not part of that.
 */
function asksTheSame(a: LiveMonitor, b: LiveMonitor): boolean {
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
