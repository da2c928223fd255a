import {
  LIVE_NOUNS,
  type LiveLoadBalancer,
  type LiveMonitor,
  type LiveMonitorGroup,
  type LiveNoun,
  type LiveObjects,
  type LivePool,
  type LivePublishedHostname,
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
  /** Puts a part of the next delta aside. Nothing of it counts before `apply` gets the last part. */
  stage(part: SnapshotDelta): void;
  /**
   * Applies one delta, with what was put aside for it, in one synchronous step, so that no request ever sees half of it; then
   * tells the listeners.
   */
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
    published_hostname: new Map<string, LivePublishedHostname>(),
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
    publishedHostnames: tables.published_hostname,
  };

  /** What the next delta changes, as far as it is known. */
  let changes: LiveChange[] = [];

  const tableOf = (noun: LiveNoun) => tables[noun] as Map<string, LiveChange['after'] & object>;

  function stage({ upsert }: SnapshotDelta): void {
    for (const noun of LIVE_NOUNS) {
      const table = tableOf(noun);
      for (const after of upsert[noun] ?? [])
        changes.push({ noun, id: after.id, before: table.get(after.id), after } as LiveChange);
    }
  }

  function stageRemovals({ complete, remove }: SnapshotDelta): void {
    const kept = new Set(complete ? changes.map(({ noun, id }) => `${noun} ${id}`) : []);
    for (const noun of LIVE_NOUNS) {
      const table = tableOf(noun);
      const gone = complete
        ? [...table.keys()].filter((id) => !kept.has(`${noun} ${id}`))
        : (remove[noun] ?? []);
      for (const id of gone) {
        const before = table.get(id);
        if (before) changes.push({ noun, id, before, after: undefined } as LiveChange);
      }
    }
  }

  return {
    snapshot,
    stage,
    apply(delta) {
      stage(delta);
      stageRemovals(delta);
      const made = changes;
      changes = [];
      for (const { noun, id, after } of made) {
        if (after) tableOf(noun).set(id, after);
        else tableOf(noun).delete(id);
      }
      revision = Math.max(revision, delta.revision);
      for (const listener of listeners) listener(made, snapshot);
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
