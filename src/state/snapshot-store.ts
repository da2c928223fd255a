import {
  LIVE_NOUNS,
  type LiveDnsRecord,
  type LiveLoadBalancer,
  type LiveMonitor,
  type LiveMonitorGroup,
  type LiveNoun,
  type LiveObjects,
  type LivePool,
  type LivePools,
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

/** Who follows a change of the configuration, in this order: each may read what those before it have made of it. */
const CHANGE_STAGES = [
  /** What is derived from the configuration alone: routes of networks, host names, names of DNS. */
  'indexes',
  /** Connectors, which are told of their tunnels' configurations, and those of tunnels that are gone, which are dropped. */
  'tunnels',
  /** Connections to origins that are at rest: the next request takes the way of now. */
  'ways',
  /** Who is checked, how, and by which way. */
  'checks',
  /** Addresses where load balancers of accounts listen. */
  'listeners',
  /** Series of metrics about what is gone. */
  'series',
] as const;

type ChangeStage = (typeof CHANGE_STAGES)[number];

type ChangeListener = (changes: readonly LiveChange[], snapshot: Snapshot) => void;

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
  /** A change goes through the stages in their order; listeners of one stage do not read what another of it makes. */
  onChange(stage: ChangeStage, listener: ChangeListener): void;
}

export class PoolTable extends Map<string, LivePool> implements LivePools {
  version = 0;

  override set(id: string, pool: LivePool): this {
    this.version += 1;
    return super.set(id, pool);
  }

  override delete(id: string): boolean {
    this.version += 1;
    return super.delete(id);
  }
}

export function createSnapshotStore(): SnapshotStore {
  const tables = {
    zone: new Map<string, LiveZone>(),
    monitor: new Map<string, LiveMonitor>(),
    monitor_group: new Map<string, LiveMonitorGroup>(),
    tunnel: new Map<string, LiveTunnel>(),
    route: new Map<string, LiveRoute>(),
    pool: new PoolTable(),
    load_balancer: new Map<string, LiveLoadBalancer>(),
    published_hostname: new Map<string, LivePublishedHostname>(),
    dns_record: new Map<string, LiveDnsRecord>(),
  } satisfies { [N in LiveNoun]: Map<string, LiveObjects[N]> };
  const listeners = new Map<ChangeStage, ChangeListener[]>(CHANGE_STAGES.map((stage) => [stage, []]));
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
    for (const ofStage of listeners.values()) for (const listener of ofStage) listener(made, snapshot);
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
    onChange(stage, listener) {
      listeners.get(stage)!.push(listener);
    },
  };
}

/** Reading so many origins out of a message takes the data plane's thread about a millisecond. */
const MAX_WEIGHT = 200;

/**
 * `delta` in parts that are quick to send and to read, in their order; the last one alone says what is removed. A small
 * one is its only part.
 */
export function partsOf(delta: SnapshotDelta): SnapshotDelta[] {
  const parts: SnapshotDelta[] = [];
  let upsert: { [N in LiveNoun]?: LiveObjects[N][] } = {};
  let weight = 0;
  const close = (remove: SnapshotDelta['remove']) => {
    parts.push({ revision: delta.revision, complete: delta.complete, upsert, remove });
    upsert = {};
    weight = 0;
  };
  for (const noun of LIVE_NOUNS) {
    for (const object of delta.upsert[noun] ?? []) {
      const more = weightOf(noun, object);
      if (weight > 0 && weight + more > MAX_WEIGHT) close({});
      weight += more;
      const list = (upsert[noun] ?? []) as (typeof object)[];
      list.push(object);
      Object.assign(upsert, { [noun]: list });
    }
  }
  close(delta.remove);
  return parts;
}

/** Roughly how many pieces there are to read. */
function weightOf<N extends LiveNoun>(noun: N, object: LiveObjects[N]): number {
  if (noun === 'pool') return 1 + (object as LivePool).origins.length;
  if (noun !== 'load_balancer') return 1;
  const { poolSets, rules } = object as LiveLoadBalancer;
  return 4 + poolSets.length + rules.length;
}

interface DeltaSender {
  /** Deltas arrive in the order in which they are sent. */
  send(delta: SnapshotDelta): void;
  /** The data plane has put a part aside. */
  staged(): void;
}

/**
 * Sends deltas in parts, each when the one before has been put aside: messages that wait together would be read together.
 * The last part of a delta is the one to apply them with.
 */
export function createDeltaSender(
  post: (type: 'stage' | 'configure', part: SnapshotDelta) => void,
): DeltaSender {
  const waiting: { readonly type: 'stage' | 'configure'; readonly part: SnapshotDelta }[] = [];
  let staging = false;

  function sendWaiting(): void {
    while (!staging) {
      const next = waiting.shift();
      if (!next) return;
      staging = next.type === 'stage';
      post(next.type, next.part);
    }
  }

  return {
    send(delta) {
      const parts = partsOf(delta);
      for (const [index, part] of parts.entries())
        waiting.push({ type: index === parts.length - 1 ? 'configure' : 'stage', part });
      sendWaiting();
    },
    staged() {
      staging = false;
      sendWaiting();
    },
  };
}
