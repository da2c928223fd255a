import { CR, LF } from './characters.js';
import { Malformed } from './malformed.js';

const BLANK_LINE = Buffer.from('\r\n\r\n');
const NO_BYTES = Buffer.alloc(0);

/** Collects the bytes of one head. A head that arrives in one piece, the usual case, is never copied. */
export class HeadBuffer {
  /** Everything since the head began; may go on behind the end of the head. */
  bytes: Buffer = NO_BYTES;
  private storage: Buffer | null = null;

  constructor(private readonly limit: number) {}

  get isEmpty(): boolean {
    return this.bytes.length === 0;
  }

  /** Index of the first byte behind the blank line, or -1 when the head goes on. */
  add(chunk: Buffer): number {
    const known = this.bytes.length;
    this.bytes = known === 0 ? chunk : this.append(chunk);
    const blank = this.bytes.indexOf(BLANK_LINE, Math.max(0, known - BLANK_LINE.length + 1));
    const end = blank < 0 ? this.bytes.length : blank + BLANK_LINE.length;
    if (end > this.limit) throw new Malformed(431, `the head is longer than ${this.limit} bytes`);
    if (blank >= 0) return end;
    // Lines that end with a bare LF would otherwise wait for a blank line that never comes.
    this.refuseBareLineFeeds(known);
    return -1;
  }

  clear(): void {
    this.bytes = NO_BYTES;
    this.storage = null;
  }

  /** Grows by doubling, so that a head sent byte by byte costs no more than its length. */
  private append(chunk: Buffer): Buffer {
    const known = this.bytes.length;
    const length = known + chunk.length;
    if (this.storage === null || this.storage.length < length) {
      const larger = Buffer.allocUnsafe(Math.max(1024, length * 2));
      this.bytes.copy(larger);
      this.storage = larger;
    }
    chunk.copy(this.storage, known);
    return this.storage.subarray(0, length);
  }

  private refuseBareLineFeeds(from: number): void {
    for (let at = this.bytes.indexOf(LF, from); at >= 0; at = this.bytes.indexOf(LF, at + 1)) {
      if (at === 0 || this.bytes[at - 1] !== CR) throw new Malformed(400, 'a line ends without CR');
    }
  }
}
