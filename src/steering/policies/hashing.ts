/** FNV-1a of the UTF-16 code units with a final mix: an even 32-bit hash, not a cryptographic one. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixBits(hash);
}

/** Spreads every input bit over all 32 output bits (the finalizer of MurmurHash3). */
export function mixBits(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const DRAW_STEP = 0x9e3779b9;

/** Numbers in [0, 1) as a random source gives them, the same ones for the same text. */
export function drawsOf(text: string): () => number {
  let state = hashText(text);
  return () => {
    state = (state + DRAW_STEP) | 0;
    return mixBits(state) / 2 ** 32;
  };
}

/** Points of each member on the ring. The more, the more even are the shares, and the longer it takes to build. */
const POINTS = 64;
/** Places from which a client looks. The more, the more even are the shares, and the longer each search takes. */
const PROBES = 16;
/** Odd steps that spread the numbers 1, 2, 3... over 32 bits. */
const POINT_STEP = 0x9e3779b9;
const PROBE_STEP = 0x85157af5;

export interface RingMember {
  readonly key: string;
  /** Above 0. */
  readonly weight: number;
}

/** The member of a client; -1 when all are excluded. */
type RingSearch = (client: string, excluded: readonly string[]) => number;

/**
 * Consistent hashing with weights (multi-probe consistent hashing, its distances divided by the weights): every member has
 * points on a ring, a client looks forward from several places, and the member with the smallest distance / weight is its
 * own. That is rendezvous hashing whose scores can be searched for: a member that leaves moves its own clients alone, one
 * that joins takes only those that it gets, and shares follow the weights. A search costs the number of probes, and little
 * more where weights differ much, whatever the number of members.
 */
export function createHashRing(members: readonly RingMember[]): RingSearch {
  const { positions, owners, starts, shift } = placePoints(members);
  const heaviest = Math.max(...members.map(({ weight }) => weight));
  const reciprocals = Float64Array.from(members, ({ weight }) => 1 / weight);
  const count = positions.length;

  return (client, excluded) => {
    const seed = hashText(client);
    let best = -1;
    let bestScore = Number.POSITIVE_INFINITY;
    // Behind this distance not even the heaviest member could be better.
    let horizon = Number.POSITIVE_INFINITY;
    for (let probe = 1; probe <= PROBES; probe++) {
      const from = mixBits(seed + Math.imul(probe, PROBE_STEP));
      let at = starts[from >>> shift]!;
      while (at < count && positions[at]! < from) at++;
      for (let seen = 0; seen < count; seen++, at++) {
        if (at === count) at = 0;
        const distance = (positions[at]! - from) >>> 0;
        if (distance >= horizon) break;
        const owner = owners[at]!;
        const score = (distance + 0.5) * reciprocals[owner]!;
        if (score >= bestScore) continue;
        if (excluded.length > 0 && excluded.includes(members[owner]!.key)) continue;
        best = owner;
        bestScore = score;
        horizon = score * heaviest;
      }
    }
    return best;
  };
}

interface Points {
  /** Ascending. */
  readonly positions: Uint32Array;
  /** Whose point each is, an index of the members. */
  readonly owners: Uint16Array | Uint32Array;
  /** For each value of a position's upper bits, the first point that has it or more. */
  readonly starts: Uint32Array;
  readonly shift: number;
}

/** Positions are even, so sorting by their upper bits nearly sorts them: two to four fall into each bucket. */
function placePoints(members: readonly RingMember[]): Points {
  const count = members.length * POINTS;
  const bits = Math.max(1, Math.min(24, Math.floor(Math.log2(count)) - 1));
  const shift = 32 - bits;
  const starts = new Uint32Array(2 ** bits + 1);
  const drawn = new Uint32Array(count);
  let point = 0;
  for (const { key } of members) {
    const seed = hashText(key);
    for (let turn = 1; turn <= POINTS; turn++) {
      const position = mixBits(seed + Math.imul(turn, POINT_STEP));
      drawn[point++] = position;
      starts[(position >>> shift) + 1]! += 1;
    }
  }
  for (let bucket = 1; bucket < starts.length; bucket++) starts[bucket]! += starts[bucket - 1]!;
  const filled = starts.slice();
  const positions = new Uint32Array(count);
  const owners = members.length <= 2 ** 16 ? new Uint16Array(count) : new Uint32Array(count);
  for (point = 0; point < count; point++) {
    const position = drawn[point]!;
    const bucket = position >>> shift;
    let at = filled[bucket]!++;
    for (; at > starts[bucket]! && positions[at - 1]! > position; at--) {
      positions[at] = positions[at - 1]!;
      owners[at] = owners[at - 1]!;
    }
    positions[at] = position;
    owners[at] = Math.floor(point / POINTS);
  }
  return { positions, owners, starts, shift };
}
