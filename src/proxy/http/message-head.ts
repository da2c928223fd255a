import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { CR, headTooLong, LF, Malformed } from './syntax.js';

const NO_BYTES = Buffer.alloc(0);
/** Shorter stretches are copied faster byte by byte than by a call of the system's library. */
const LOOPED_BYTES = 48;

/** What the framing and connection fields of a head said, and the fields that go on. */
export class MessageHead {
  /** Null when there is no Content-Length. */
  contentLength: number | null = null;
  chunked = false;
  /** Connection had `close`. */
  close = false;
  /** Connection had `keep-alive`. */
  keepAlive = false;
  /** Connection had `upgrade`. */
  connectionUpgrade = false;
  /** The Upgrade field, lower case; empty without one. */
  upgrade = '';
  /** Other names that Connection listed, lower case: fields for one hop only. */
  nominated: string[] | null = null;
  /** Stretches of these bytes go on: from, to, from, to. */
  private ranges: number[] | null = null;
  private lines: string | null = null;

  /** The fields that go on are found in `bytes`, which stay as they are for as long as anybody asks for the fields. */
  constructor(private readonly bytes: Buffer = NO_BYTES) {}

  /** The bytes from `start` to `end` go on. */
  passOn(start: number, end: number): void {
    if (this.ranges === null) this.ranges = [start, end];
    else this.ranges.push(start, end);
  }

  /** The fields without a role as they came, in latin1, each checked, each line with its CRLF. */
  get passedOn(): string {
    if (this.lines !== null) return this.lines;
    let lines = '';
    const { ranges, bytes } = this;
    if (ranges !== null)
      for (let i = 0; i < ranges.length; i += 2) lines += bytes.toString('latin1', ranges[i], ranges[i + 1]);
    this.lines = lines;
    return lines;
  }

  /** Others take their place. */
  set passedOn(lines: string) {
    this.lines = lines;
    this.ranges = null;
  }

  /** How many bytes `copyPassedOn` writes. */
  get passedOnBytes(): number {
    const { ranges } = this;
    if (ranges === null) return this.lines === null ? 0 : this.lines.length;
    let length = 0;
    for (let i = 0; i < ranges.length; i += 2) length += ranges[i + 1]! - ranges[i]!;
    return length;
  }

  /** Writes the fields that go on into `target` from `start`; returns the index behind them. */
  copyPassedOn(target: Buffer, start: number): number {
    const { ranges, bytes, lines } = this;
    if (ranges === null) return lines === null ? start : start + target.write(lines, start, 'latin1');
    let at = start;
    for (let i = 0; i < ranges.length; i += 2) {
      const from = ranges[i]!;
      const to = ranges[i + 1]!;
      if (to - from <= LOOPED_BYTES) for (let read = from; read < to; read++) target[at++] = bytes[read]!;
      else at += bytes.copy(target, at, from, to);
    }
    return at;
  }
}

const BLANK_LINE = Buffer.from('\r\n\r\n');

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

/** Memory that writes take one after the other, from its beginning again whenever the last one is over. */
interface Slab {
  readonly size: number;
  /** The largest message that it is for: a client that does not read keeps the whole slab from being freed. */
  readonly most: number;
  bytes: Buffer;
  used: number;
}

const KIB = 1024;
const slabOf = (size: number, most: number): Slab => ({
  size,
  most,
  bytes: Buffer.allocUnsafeSlow(size),
  used: 0,
});
const SMALL = slabOf(64 * KIB, 8 * KIB);
const LARGE = slabOf(256 * KIB, 256 * KIB);

/**
 * Writes the head of a message at once, and behind it `body`, if both fit into one slab: first line, the fields of `head` that
 * go on, `lines` (latin1 as the first line). Everything is copied, so that `body` and what the head was read from may be used again.
 * Returns what `write` returns; null, and nothing is written, when it does not fit.
 */
export function writeMessage(
  socket: Duplex,
  firstLine: string,
  head: MessageHead,
  lines: string,
  body: Buffer = NO_BYTES,
): boolean | null {
  const length = firstLine.length + head.passedOnBytes + lines.length + body.length;
  if (length > LARGE.most) return null;
  // What others than plain sockets are given stays in use for a time that nobody tells.
  if (!isPlain(socket)) {
    const bytes = Buffer.allocUnsafe(length);
    putTogether(bytes, 0, firstLine, head, lines, body);
    return socket.write(bytes);
  }
  const slab = length <= SMALL.most ? SMALL : LARGE;
  if (slab.used + length > slab.size) {
    slab.bytes = Buffer.allocUnsafeSlow(slab.size);
    slab.used = 0;
  }
  const start = slab.used;
  const end = start + length;
  putTogether(slab.bytes, start, firstLine, head, lines, body);
  slab.used = end;
  const flowing = socket.write(slab.bytes.subarray(start, end));
  // Most writes are over when they return; the memory of the others is left to them.
  if (slab.used === end && socket.writableLength === 0) slab.used = start;
  return flowing;
}

function putTogether(
  target: Buffer,
  start: number,
  firstLine: string,
  head: MessageHead,
  lines: string,
  body: Buffer,
): void {
  let at = start + target.write(firstLine, start, 'latin1');
  at = head.copyPassedOn(target, at);
  at += target.write(lines, at, 'latin1');
  if (body.length > 0) target.set(body, at);
}

/**
 * Whether the system has all that was written to the socket, and nobody needs the memory that it was written from. Only of plain
 * sockets can that be told: TLS, tunnels and faults may hold bytes that a stream counts as written.
 */
export function hasTakenAll(socket: Duplex): boolean {
  return socket.writableLength === 0 && isPlain(socket);
}

const isPlain = (socket: Duplex) => socket instanceof Socket && !(socket instanceof TLSSocket);
