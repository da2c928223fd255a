import {
  LIVE_NOUNS,
  type LiveDnsRecord,
  type LiveLoadBalancer,
  type LiveMonitor,
  type LiveMonitorGroup,
  type LiveNoun,
  type LiveObjects,
  type LivePool,
  type LivePublishedHostname,
  type LiveRoute,
  type LiveTunnel,
  type LiveZone,
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
  /**
   * Puts objects beside those of the configuration that this data plane alone has, or takes them away; at once, whatever is
   * put aside. No delta removes them.
   */
  applyOwn(own: Pick<SnapshotDelta, 'upsert' | 'remove'>): void;
  /** Listeners run in the order of registration; an index must register before its readers. */
  onChange(listener: ChangeListener): void;
}

export function createSnapshotStore(): SnapshotStore {
  const tables = {
    zone: new Map<string, LiveZone>(),
    monitor: new Map<string, LiveMonitor>(),
    monitor_group: new Map<string, LiveMonitorGroup>(),
    tunnel: new Map<string, LiveTunnel>(),
    route: new Map<string, LiveRoute>(),
    pool: new Map<string, LivePool>(),
    load_balancer: new Map<string, LiveLoadBalancer>(),
    published_hostname: new Map<string, LivePublishedHostname>(),
    dns_record: new Map<string, LiveDnsRecord>(),
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
    zones: tables.zone,
    dnsRecords: tables.dns_record,
  };

  /** What the next delta changes, as far as it is known. */
  let changes: LiveChange[] = [];

  const tableOf = (noun: LiveNoun) => tables[noun] as Map<string, LiveChange['after'] & object>;

  /** `noun id` of this data plane's own objects. */
  const owned = new Set<string>();

  function upserts({ upsert }: Pick<SnapshotDelta, 'upsert'>): LiveChange[] {
    return LIVE_NOUNS.flatMap((noun) => {
      const table = tableOf(noun);
      return (upsert[noun] ?? []).map(
        (after) => ({ noun, id: after.id, before: table.get(after.id), after }) as LiveChange,
      );
    });
  }

  function removals(goneOf: (noun: LiveNoun) => readonly string[]): LiveChange[] {
    return LIVE_NOUNS.flatMap((noun) => {
      const table = tableOf(noun);
      return goneOf(noun)
        .map((id) => ({ noun, id, before: table.get(id), after: undefined }) as LiveChange)
        .filter(({ before }) => before !== undefined);
    });
  }

  /** What a complete delta does not name. */
  function unnamed(noun: LiveNoun, named: ReadonlySet<string>): string[] {
    return [...tableOf(noun).keys()].filter(
      (id) => !named.has(`${noun} ${id}`) && !owned.has(`${noun} ${id}`),
    );
  }

  function make(made: readonly LiveChange[]): void {
    for (const { noun, id, after } of made) {
      if (after) tableOf(noun).set(id, after);
      else tableOf(noun).delete(id);
    }
  }

  function tell(made: readonly LiveChange[]): void {
    for (const listener of listeners) listener(made, snapshot);
  }

  const keyOf = ({ noun, id }: LiveChange) => `${noun} ${id}`;

  return {
    snapshot,
    stage(part) {
      for (const change of upserts(part)) changes.push(change);
    },
    apply(delta) {
      const upserted = [...changes, ...upserts(delta)];
      changes = [];
      const named = new Set(delta.complete ? upserted.map(keyOf) : []);
      const removed = removals((noun) =>
        delta.complete ? unnamed(noun, named) : (delta.remove[noun] ?? []),
      );
      const made = [...upserted, ...removed];
      make(made);
      // A database that was restored from a copy begins again at a lower number.
      revision = delta.complete ? delta.revision : Math.max(revision, delta.revision);
      tell(made);
    },
    applyOwn(own) {
      const made = [...upserts(own), ...removals((noun) => own.remove[noun] ?? [])];
      for (const change of made) {
        if (change.after) owned.add(keyOf(change));
        else owned.delete(keyOf(change));
      }
      make(made);
      tell(made);
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
