import type { OriginSteeringPolicy } from '../../domain/policies.js';
import type { LoadView } from '../../state/load-board.js';
import type { LiveOrigin } from '../../state/snapshot.js';
import { createHashRing } from './hashing.js';
import { aliasTable, createWeightTree } from './weighted-draw.js';

/**
 * A way to choose an origin of a pool: makes a picker for `origins`, of which there is at least one, each with a weight above
 * 0. What it needs for a fast choice it computes here, once.
 */
export type OriginPolicy = (origins: readonly LiveOrigin[], poolId: string, load: LoadView) => OriginPicker;

/** Chooses among origins that can all take the request, as often as they stay the same. */
export interface OriginPicker {
  /** Null when all are excluded. */
  pick(choice: OriginQuestion): LiveOrigin | null;
  /** What is under way to one of them has changed. */
  loadChanged?(originKey: string): void;
}

/** Who asks for an origin. */
export interface OriginQuestion {
  /** Canonical text. */
  readonly clientIp: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Origins that were tried in vain: by key, and few. */
  readonly excluded: readonly string[];
}

/** Without a line for each policy that the API takes this does not compile. */
export const ORIGIN_POLICIES: Readonly<Record<OriginSteeringPolicy, OriginPolicy>> = {
  random: drawnByWeight,
  hash: hashedByAddress,
  least_outstanding_requests: leastOutstanding,
  least_connections: leastConnected,
};

/** Draws before those that are left are weighed anew: enough unless what was tried had nearly all the weight. */
const MAX_DRAWS = 8;

/** A weighted draw: each origin's share is its weight over the sum of the weights that take part. */
function drawnByWeight(origins: readonly LiveOrigin[]): OriginPicker {
  const weights = origins.map(({ weight }) => weight);
  const draw = aliasTable(weights);
  return {
    pick({ random, excluded }) {
      // A draw that hits what was tried and is repeated leaves the shares of the others as they are.
      for (let i = 0; i < MAX_DRAWS; i++) {
        const origin = origins[draw(random)]!;
        if (!excluded.includes(origin.key)) return origin;
      }
      const left = createWeightTree(origins.map(({ key, weight }) => (excluded.includes(key) ? 0 : weight)));
      return left.total > 0 ? origins[left.at(random())]! : null;
    },
  };
}

/** The same client keeps the same origin, and an origin that leaves or joins moves only its own clients. */
function hashedByAddress(origins: readonly LiveOrigin[]): OriginPicker {
  const search = createHashRing(origins);
  return {
    pick: ({ clientIp, excluded }) => origins[search(clientIp, excluded)] ?? null,
  };
}

/** The fewer requests an origin of this pool has without a complete response, the more it gets of the next ones. */
function leastOutstanding(origins: readonly LiveOrigin[], poolId: string, load: LoadView): OriginPicker {
  return drawnByLoad(origins, (key) => load.outstanding(poolId, key));
}

/** The fewer connections are open to an origin of this pool, the more it gets of the next requests. */
function leastConnected(origins: readonly LiveOrigin[], poolId: string, load: LoadView): OriginPicker {
  return drawnByLoad(origins, (key) => load.connections(poolId, key));
}

/**
 * A draw by weight / (1 + load): an idle origin among equals is twice as likely as one with a single request under way, and
 * none is ever left out. Cloudflare publishes no formula.
 */
function drawnByLoad(origins: readonly LiveOrigin[], loadOf: (originKey: string) => number): OriginPicker {
  const share = ({ key, weight }: LiveOrigin) => weight / (1 + loadOf(key));
  const places = new Map(origins.map(({ key }, index) => [key, index]));
  const tree = createWeightTree(origins.map(share));
  return {
    pick({ random, excluded }) {
      const tried = excluded.flatMap((key) => places.get(key) ?? []);
      for (const index of tried) tree.set(index, 0);
      const origin = tree.total > 0 ? origins[tree.at(random())]! : null;
      for (const index of tried) tree.set(index, share(origins[index]!));
      return origin;
    },
    loadChanged(key) {
      const index = places.get(key);
      if (index !== undefined) tree.set(index, share(origins[index]!));
    },
  };
}
