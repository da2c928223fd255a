import { MAX_WINDOW } from './frames.js';

/** What the other end may still send us, on one stream or in the whole session: RFC 9113, section 5.2. */
export class ReceiveWindow {
  #size: number;
  readonly #maxSize: number;
  #left: number;
  #due = 0;

  /** The window grows from `size` to `maxSize` for a reader that keeps up. */
  constructor(size: number, maxSize = size) {
    this.#size = size;
    this.#maxSize = maxSize;
    this.#left = size;
  }

  /** Bytes have come; false when they are more than were allowed. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /**
   * Bytes are out of the way. Answers how many the other end shall be told that it may send again: mostly 0, because they
   * are gathered up to half of the window.
   */
  giveBack(bytes: number, keepsUp = false): number {
    this.#due += bytes;
    if (this.#due < this.#size / 2) return 0;
    let increment = this.#due;
    if (keepsUp && this.#size < this.#maxSize) {
      increment += this.#size;
      this.#size *= 2;
    }
    this.#due = 0;
    this.#left += increment;
    return increment;
  }
}

/** A window for sending, made larger; null when it would be larger than any window may be. */
export function widened(window: number, increment: number): number | null {
  return window + increment > MAX_WINDOW ? null : window + increment;
}
