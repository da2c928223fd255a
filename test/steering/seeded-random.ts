/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each name came up in `count` calls, as a share of 1. */
export function shares(count: number, draw: (index: number) => string): Record<string, number> {
  const result: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const name = draw(i);
    result[name] = (result[name] ?? 0) + 1 / count;
  }
  return result;
}
