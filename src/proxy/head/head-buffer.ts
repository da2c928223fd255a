import { CR, LF } from './characters.js';
import { headTooLong, Malformed } from './malformed.js';

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
    if (end > this.limit) throw headTooLong(this.limit);
    if (blank >= 0) return end;
    // Lines that end with a bare LF would otherwise wait for a blank line that never comes.
    this.refuseBareLineFeeds(known);
    return -1;
  }

  /** What it has so far stays, whatever becomes of the memory that it came in. */
  own(): void {
    if (this.storage === null) this.bytes = Buffer.from(this.bytes);
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
      const larger = Buffer.allocUnsafe(Math.max(1024, length, Math.min(length * 2, this.limit)));
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

/** Some clients end a body with a CRLF that is not part of it, or begin a connection with one; none needs more than a few. */
const MAX_EMPTY_LINES = 8;

/** Skips the empty lines before a request line (RFC 9112 section 2.2). They do not begin a request: no time runs for them. */
export class EmptyLines {
  private bytes = 0;

  /** Index of the first byte in `chunk` that is not part of such a line. Throws Malformed for half a line, and for too many. */
  skip(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && chunk[at] === (this.bytes % 2 === 0 ? CR : LF)) {
      at += 1;
      this.bytes += 1;
    }
    if (this.bytes > 2 * MAX_EMPTY_LINES)
      throw new Malformed(400, `more than ${MAX_EMPTY_LINES} empty lines come before the request line`);
    if (at === chunk.length) return at;
    if (this.bytes % 2 === 1) throw new Malformed(400, 'a CR without LF comes before the request line');
    this.bytes = 0;
    return at;
  }
}
