import { createPrefixMap, type PrefixMap, parseCidr, parseIp } from '../../net/addresses.js';
import type { Clock } from '../../net/clock.js';
import { tunnelBefore } from '../../net/hostnames.js';
import type { StoredHealth } from '../../state/health-board.js';
import type { LiveGroupMember, LivePool, LiveRoute, Snapshot } from '../../state/snapshot.js';
import type { LiveChange, SnapshotStore } from '../../state/snapshot-store.js';
import type { OffRamps, OriginPlace, TunnelDialer } from '../../tunnel/egress/contract.js';
import { type PlaceHealth, UNCHECKED } from '../verdict.js';
import type { CheckPlace } from './monitor-checks.js';
import {
  createOriginChecker,
  type OriginChecker,
  type OriginCheckerParts,
  type ProbedOrigin,
  type TargetMonitor,
} from './origin-checker.js';
import { timeSliced } from './scheduler.js';

interface OriginCheckersOptions {
  readonly store: SnapshotStore;
  readonly offramps: OffRamps;
  readonly tunnels: Pick<TunnelDialer, 'onAvailability'>;
  readonly real: Clock;
  /** The verdicts that the last process has left. */
  readonly storedHealth: readonly StoredHealth[];
  readonly parts: OriginCheckerParts;
}

/** The checkers of all origins that the configuration has probed. */
interface OriginCheckers {
  get(poolId: string, originKey: string): OriginChecker | undefined;
  all(): Iterable<OriginChecker>;
  /**
   * Resolves when each origin whose probing the changes since the last call have started has its first result, or after
   * `limitMs`. Null when they have started none.
   */
  settled(limitMs: number): Promise<void> | null;
  /** Follows nothing any more. The checkers stay as they are. */
  stop(): void;
}

/** Starting to check an origin costs about 10 µs: a big change of the configuration holds up traffic for 1 ms at a time. */
export const STEPS_PER_TURN = 64;
/** Looking at whether one is concerned costs far less. */
const LOOKS_PER_STEP = 16;

/**
 * Follows the configuration and the tunnels. What a big change asks for is time-sliced, by what the configuration is by
 * then; a small one is followed when `apply` returns.
 */
export function createOriginCheckers({
  store,
  offramps,
  tunnels,
  real,
  storedHealth,
  parts,
}: OriginCheckersOptions): OriginCheckers {
  const lastVerdicts = createLastVerdicts(storedHealth);
  /** By pool, then by origin key. */
  const pools = new Map<string, Map<string, OriginChecker>>();
  /** Those behind tunnels. */
  const privateCheckers = new Set<OriginChecker>();
  /** Started since the first results were last asked for. */
  let started: OriginChecker[] = [];
  /** Asked while there was something left to follow. */
  let waiters: ((started: readonly OriginChecker[]) => void)[] = [];

  const stalePools = new Set(store.snapshot.pools.keys());
  let stale: { readonly networks: ChangedNetworks; readonly tunnels: Set<string> } = nothingStale();
  const work = timeSliced(catchUp, STEPS_PER_TURN, () => {
    // The configuration of the start is followed.
    if (store.snapshot.revision > 0) lastVerdicts.forget();
    if (waiters.length === 0) return;
    const fresh = takeStarted();
    for (const tell of waiters.splice(0)) tell(fresh);
  });

  function* catchUp(): Generator<void> {
    while (stalePools.size > 0 || stale.networks.size > 0 || stale.tunnels.size > 0) {
      for (const poolId of stalePools) {
        stalePools.delete(poolId);
        yield* reconcile(poolId);
      }
      yield* recheck();
    }
  }

  function* reconcile(poolId: string): Generator<void> {
    const targets = targetsOf(store.snapshot.pools.get(poolId), store.snapshot);
    const checkers = pools.get(poolId) ?? new Map<string, OriginChecker>();
    pools.set(poolId, checkers);
    for (const [key, checker] of checkers) {
      if (targets.has(key)) continue;
      checkers.delete(key);
      privateCheckers.delete(checker);
      checker.end();
      yield;
    }
    for (const [key, target] of targets) {
      // It has changed once more in the meantime, and its turn comes again.
      if (stalePools.has(poolId)) return;
      const known = checkers.get(key);
      const checker = known ?? createOriginChecker(target, parts, lastVerdicts.take(poolId, target.origin));
      if (known) known.update(target);
      checkers.set(key, checker);
      if (checker.pending) started.push(checker);
      if (isBehindTunnel(target.origin)) privateCheckers.add(checker);
      yield;
    }
    if (checkers.size === 0) pools.delete(poolId);
    yield;
  }

  /** The ways to these may have changed. */
  function* recheck(): Generator<void> {
    const { networks, tunnels } = stale;
    if (networks.size === 0 && tunnels.size === 0) return;
    stale = nothingStale();
    let looks = 0;
    for (const checker of privateCheckers) {
      const concerned =
        covers(networks, checker.target.origin) || dependsOnTunnel(checker.target.origin, tunnels, offramps);
      if (concerned) checker.recheck();
      looks += 1;
      if (concerned || looks % LOOKS_PER_STEP === 0) yield;
    }
  }

  function takeStarted(): readonly OriginChecker[] {
    const fresh = started.filter((checker) => checker.pending);
    started = [];
    return fresh;
  }

  let stopped = false;
  work.start();
  store.onChange('checks', (changes, snapshot) => {
    if (stopped) return;
    addAffectedPools(changes, snapshot, stalePools);
    changedNetworks(changes, stale.networks);
    work.start();
  });
  tunnels.onAvailability((tunnelId) => {
    if (stopped) return;
    stale.tunnels.add(tunnelId);
    work.start();
  });

  return {
    get: (poolId, originKey) => pools.get(poolId)?.get(originKey),
    *all() {
      for (const checkers of pools.values()) yield* checkers.values();
    },
    settled(limitMs) {
      if (work.underWay) {
        return inTime(real, limitMs, (done) => {
          waiters = [...waiters, (fresh) => onceAllSettled(fresh, done)];
        });
      }
      const fresh = takeStarted();
      return fresh.length === 0 ? null : inTime(real, limitMs, (done) => onceAllSettled(fresh, done));
    },
    stop() {
      stopped = true;
      work.stop();
    },
  };
}

function nothingStale() {
  return { networks: new Map() as ChangedNetworks, tunnels: new Set<string>() };
}

/** Resolves when `work` says that it is done, or after `limitMs`. */
function inTime(real: Clock, limitMs: number, work: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = real.after(limitMs, resolve);
    work(() => {
      cancel();
      resolve();
    });
  });
}

function onceAllSettled(checkers: readonly OriginChecker[], done: () => void): void {
  const pending = checkers.filter((checker) => checker.pending);
  let missing = pending.length;
  if (missing === 0) done();
  for (const checker of pending) {
    checker.onceSettled(() => {
      missing -= 1;
      if (missing === 0) done();
    });
  }
}

const HERE: readonly CheckPlace[] = [null];

/** What must be probed for `pool`: each enabled origin, when the pool is enabled and has monitors. By origin key. */
function targetsOf(pool: LivePool | undefined, snapshot: Snapshot): Map<string, ProbedOrigin> {
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

/** Adds the pools whose targets may differ after `changes` to `pools`. In one pass: all of it is done in the turn that applies them. */
function addAffectedPools(changes: readonly LiveChange[], snapshot: Snapshot, pools: Set<string>): void {
  const monitors = new Set<string>();
  const groups = new Set<string>();
  for (const { noun, id } of changes) {
    if (noun === 'pool') pools.add(id);
    else if (noun === 'monitor') monitors.add(id);
    else if (noun === 'monitor_group') groups.add(id);
  }
  if (monitors.size === 0 && groups.size === 0) return;
  for (const { id, members } of snapshot.monitorGroups.values())
    if (members.some(({ monitorId }) => monitors.has(monitorId))) groups.add(id);
  for (const { id, monitorId, monitorGroupId } of snapshot.pools.values())
    if (monitors.has(monitorId ?? '') || groups.has(monitorGroupId ?? '')) pools.add(id);
}

/** The networks of routes that have changed, by virtual network; searched by prefix. */
type ChangedNetworks = Map<string, PrefixMap<true>>;

/** Adds what `changes` have changed to `changed`. */
function changedNetworks(changes: readonly LiveChange[], changed: ChangedNetworks): void {
  for (const change of changes) {
    if (change.noun !== 'route') continue;
    const { before, after } = change as LiveChange<'route'>;
    if (before && after && leadsTheSame(before, after)) continue;
    for (const route of [before, after]) {
      const cidr = route && parseCidr(route.network);
      if (!cidr) continue;
      const networks = changed.get(route.virtualNetworkId) ?? createPrefixMap<true>();
      changed.set(route.virtualNetworkId, networks);
      networks.set(cidr, true);
    }
  }
}

/** Whether a route that has changed covers the origin's address, or has covered it. */
function covers(changed: ChangedNetworks, { ip, virtualNetworkId }: OriginPlace): boolean {
  const networks = changed.get(virtualNetworkId ?? '');
  const parsed = networks && ip !== null ? parseIp(ip) : null;
  return parsed !== null && networks?.lookup(parsed) !== undefined;
}

/** Whether its way may lead through a tunnel. */
function isBehindTunnel(origin: OriginPlace): boolean {
  return origin.virtualNetworkId !== null || tunnelBefore(origin) !== null;
}

/** Whether the way leads through one of the tunnels, or there is none now that a tunnel has no connection. */
function dependsOnTunnel(origin: OriginPlace, tunnelIds: ReadonlySet<string>, offramps: OffRamps): boolean {
  if (tunnelIds.size === 0) return false;
  const named = tunnelBefore(origin);
  if (named !== null) return tunnelIds.has(named);
  const way = offramps.select(origin);
  return way.kind === 'tunnel'
    ? tunnelIds.has(way.tunnelId)
    : way.kind === 'none' && way.failure === 'no_connection';
}

function leadsTheSame(a: LiveRoute, b: LiveRoute): boolean {
  return a.network === b.network && a.virtualNetworkId === b.virtualNetworkId && a.tunnelId === b.tunnelId;
}

/** The verdicts that the last process has left: an origin begins with its own, once. */
interface LastVerdicts {
  take(poolId: string, origin: { readonly name: string; readonly address: string }): PlaceHealth | undefined;
  /** Whatever starts to be checked later begins without. */
  forget(): void;
}

function createLastVerdicts(stored: readonly StoredHealth[]): LastVerdicts {
  const keyOf = (poolId: string, name: string, address: string) => `${poolId} ${address} ${name}`;
  const verdicts = new Map(stored.map((one) => [keyOf(one.poolId, one.originName, one.address), one]));
  return {
    take(poolId, { name, address }) {
      const verdict = verdicts.get(keyOf(poolId, name, address));
      if (!verdict) return undefined;
      const { healthy, failureReason } = verdict;
      return { ...UNCHECKED, state: healthy ? 'healthy' : 'unhealthy', failureReason };
    },
    forget: () => verdicts.clear(),
  };
}
