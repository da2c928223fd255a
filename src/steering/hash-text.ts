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
