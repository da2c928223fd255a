import { NOTHING, type PatternNode, type Ranges } from './node.js';
import { rangesOf } from './ranges.js';

/** Code points by the number of their bytes, with what the first byte has above its share. Surrogates have no bytes. */
const LENGTHS = [
  { low: 0, high: 0x7f, bytes: 1, marker: 0 },
  { low: 0x80, high: 0x7ff, bytes: 2, marker: 0xc0 },
  { low: 0x800, high: 0xd7ff, bytes: 3, marker: 0xe0 },
  { low: 0xe000, high: 0xffff, bytes: 3, marker: 0xe0 },
  { low: 0x10000, high: 0x10ffff, bytes: 4, marker: 0xf0 },
] as const;
const CONTINUATION = 0x80;

/** One character of a set of code points, as what its UTF-8 is. */
export function utf8Node(codePoints: Ranges): PatternNode {
  const parts = LENGTHS.flatMap(({ low, high, bytes, marker }) => {
    const within = codePoints.flatMap(
      ([from, to]): Ranges => (from <= high && to >= low ? [[Math.max(from, low), Math.min(to, high)]] : []),
    );
    return within.length > 0 ? [bytesOf(within, bytes, marker)] : [];
  });
  if (parts.length === 0) return { kind: 'byte', ranges: [] };
  return parts.length === 1 ? parts[0]! : { kind: 'alternatives', parts };
}

/** First bytes that the same rests may follow are one branch: `[\xE4-\xE8][\x80-\xBF][\x80-\xBF]`. */
function bytesOf(codes: Ranges, count: number, marker: number): PatternNode {
  if (count === 1) return { kind: 'byte', ranges: codes.map(([low, high]) => [marker | low, marker | high]) };
  const width = 64 ** (count - 1);
  const rests = new Map<number, [number, number][]>();
  for (const [low, high] of codes)
    for (let first = Math.floor(low / width); first <= Math.floor(high / width); first++) {
      const known = rests.get(first);
      const rest: [number, number] = [
        Math.max(low, first * width) - first * width,
        Math.min(high, first * width + width - 1) - first * width,
      ];
      if (known) known.push(rest);
      else rests.set(first, [rest]);
    }
  const branches = new Map<string, { firsts: [number, number][]; rest: Ranges }>();
  for (const [first, rest] of rests) {
    const key = rest.join(';');
    const branch = branches.get(key);
    if (branch) branch.firsts.push([marker | first, marker | first]);
    else branches.set(key, { firsts: [[marker | first, marker | first]], rest });
  }
  const parts = Array.from(branches.values(), ({ firsts, rest }): PatternNode => {
    const first: PatternNode = { kind: 'byte', ranges: rangesOf(firsts) };
    return { kind: 'sequence', parts: [first, bytesOf(rest, count - 1, CONTINUATION)] };
  });
  return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'alternatives', parts };
}
