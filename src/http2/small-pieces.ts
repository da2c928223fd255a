/** Below it pieces that nobody reads are put together. */
const SMALL_BYTES = 4 * 1024;
/** Below it a piece is copied at once: it would hold all of the chunk that it came in, whoever keeps it. */
const TINY_BYTES = 512;
const FIRST_BYTES = 1024;
const NOTHING = Buffer.alloc(0);

export const isSmall = (piece: Buffer): boolean => piece.length < SMALL_BYTES;
export const isTiny = (piece: Buffer): boolean => piece.length < TINY_BYTES;

/** Small pieces of a body, put together by copying: a peer may send each byte in a frame of its own. */
export class SmallPieces {
  length = 0;
  #bytes: Buffer = NOTHING;

  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * length));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.length);
    this.length = length;
  }

  /** All of them as one; none are left. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.#bytes = NOTHING;
    this.length = 0;
    return taken;
  }
}
