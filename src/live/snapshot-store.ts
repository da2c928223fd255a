import {
  LIVE_NOUNS,
  type LiveLoadBalancer,
  type LiveMonitor,
  type LiveMonitorGroup,
  type LiveNoun,
  type LiveObjects,
  type LivePool,
  type LiveRoute,
  type LiveTunnel,
  type Snapshot,
  type SnapshotDelta,
} from './snapshot.js';

/** One object that changed: `before` is absent when it is new, `after` is absent when it is gone. */
export interface LiveChange<N extends LiveNoun = LiveNoun> {
  readonly noun: N;
  readonly id: string;
  readonly before: LiveObjects[N] | undefined;
  readonly after: LiveObjects[N] | undefined;
}

export type ChangeListener = (changes: readonly LiveChange[], snapshot: Snapshot) => void;

export interface SnapshotStore {
  /** Always the newest: hold on to this object, its maps change in place between two turns of the event loop. */
  readonly snapshot: Snapshot;
  /** Applies one delta in one synchronous step, so that no request ever sees half of it, then tells the listeners. */
  apply(delta: SnapshotDelta): void;
  /** Listeners run in the order of registration; an index must register before its readers. */
  onChange(listener: ChangeListener): void;
}

export function createSnapshotStore(): SnapshotStore {
  const tables = {
    monitor: new Map<string, LiveMonitor>(),
    monitor_group: new Map<string, LiveMonitorGroup>(),
    tunnel: new Map<string, LiveTunnel>(),
    route: new Map<string, LiveRoute>(),
    pool: new Map<string, LivePool>(),
    load_balancer: new Map<string, LiveLoadBalancer>(),
  } satisfies { [N in LiveNoun]: Map<string, LiveObjects[N]> };
  const listeners: ChangeListener[] = [];
  let revision = 0;
  const snapshot: Snapshot = {
    get revision() {
      return revision;
    },
    monitors: tables.monitor,
    monitorGroups: tables.monitor_group,
    pools: tables.pool,
    loadBalancers: tables.load_balancer,
    routes: tables.route,
    tunnels: tables.tunnel,
  };

  function applyNoun<N extends LiveNoun>(noun: N, delta: SnapshotDelta, changes: LiveChange[]): void {
    const table = tables[noun] as unknown as Map<string, LiveObjects[N]>;
    const upserts = (delta.upsert[noun] ?? []) as readonly LiveObjects[N][];
    const kept = delta.complete ? new Set(upserts.map((object) => object.id)) : undefined;
    const removed = kept ? [...table.keys()].filter((id) => !kept.has(id)) : (delta.remove[noun] ?? []);
    for (const id of removed) {
      const before = table.get(id);
      if (before && table.delete(id)) changes.push({ noun, id, before, after: undefined } as LiveChange);
    }
    for (const after of upserts) {
      changes.push({ noun, id: after.id, before: table.get(after.id), after } as LiveChange);
      table.set(after.id, after);
    }
  }

  return {
    snapshot,
    apply(delta) {
      const changes: LiveChange[] = [];
      for (const noun of LIVE_NOUNS) applyNoun(noun, delta, changes);
      revision = Math.max(revision, delta.revision);
      for (const listener of listeners) listener(changes, snapshot);
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
