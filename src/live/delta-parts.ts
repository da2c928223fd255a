import {
  LIVE_NOUNS,
  type LiveLoadBalancer,
  type LiveNoun,
  type LiveObjects,
  type LivePool,
  type SnapshotDelta,
} from './snapshot.js';

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

export interface DeltaSender {
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
