import type { HealthBoard, HealthState, HealthTransition, OriginHealth } from '../live/health-board.js';
import { UNKNOWN_HEALTH } from '../live/health-board.js';
import { withoutWay } from './check-once.js';
import { type MonitorChecks, startChecks } from './monitor-checks.js';
import type { ProbeMeans } from './probes/probe.js';
import type { Scheduler } from './scheduler.js';
import { isSameMonitor, type Target } from './targets.js';
import { combine } from './vote.js';

/** The health of one origin in one pool, from its first probe until it is no longer probed. */
export interface Watch {
  readonly target: Target;
  /** Whether a monitor has no result yet, since the watch has started or the monitor has changed. */
  readonly unseen: boolean;
  /** Calls back when the next result leaves no monitor without one, or when the watch ends. */
  onceSeen(listener: () => void): void;
  /** Takes over the newest configuration. Only a monitor that is new or another one starts over, with a probe at once. */
  update(target: Target): void;
  /** The way to the origin may have changed: without one it is down at this moment, otherwise it is probed at once. */
  recheck(): void;
  end(): void;
}

export interface WatchParts {
  readonly board: HealthBoard;
  readonly scheduler: Scheduler;
  readonly means: ProbeMeans;
  readonly onTransition: (transition: HealthTransition) => void;
  /** One of several monitors has come to another state; what it counts for is another matter. */
  readonly onFinding: (target: Target, monitorId: string, from: HealthState, found: OriginHealth) => void;
}

export function watchOrigin(first: Target, watchParts: WatchParts): Watch {
  const { board, scheduler, means, onTransition, onFinding } = watchParts;
  let target = first;
  let health = UNKNOWN_HEALTH;
  /** By monitor id. */
  const checks = new Map<string, MonitorChecks>();
  const listeners: (() => void)[] = [];
  const parts = { scheduler, means, onResult };
  follow();
  publish();

  /** One run of checks for each monitor of the target. */
  function follow(): void {
    const wanted = new Map(target.monitors.map(({ monitor }) => [monitor.id, monitor]));
    for (const [id, { monitor, end }] of checks) {
      const next = wanted.get(id);
      if (next && isSameMonitor(monitor, next)) continue;
      end();
      checks.delete(id);
    }
    for (const [id, monitor] of wanted)
      if (!checks.has(id))
        checks.set(
          id,
          startChecks(() => target, monitor, parts),
        );
  }

  function onResult({ monitor, health: found }: MonitorChecks, from: HealthState): void {
    if (target.monitors.length > 1 && from !== found.state) onFinding(target, monitor.id, from, found);
    settle();
  }

  function settle(): void {
    publish();
    if (!isUnseen()) tellSeen();
  }

  const isUnseen = () => [...checks.values()].some((one) => one.health.checkedAt === null);

  function tellSeen(): void {
    for (const listener of listeners.splice(0)) listener();
  }

  function publish(): void {
    const from = health.state;
    health = combine(
      target.monitors.map((one) => ({
        ...one,
        health: checks.get(one.monitor.id)?.health ?? UNKNOWN_HEALTH,
      })),
    );
    board.set(target.poolId, target.origin.key, health);
    if (from !== health.state) onTransition(transition(from, health));
  }

  function transition(from: OriginHealth['state'], { state, failureReason }: OriginHealth): HealthTransition {
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
      at: means.clock.now(),
    };
  }

  return {
    get target() {
      return target;
    },
    get unseen() {
      return isUnseen();
    },
    onceSeen(listener) {
      listeners.push(listener);
    },
    update(next) {
      target = next;
      follow();
      publish();
    },
    recheck() {
      const cutOff = withoutWay(target.origin, means.offramps);
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
      tellSeen();
    },
  };
}
