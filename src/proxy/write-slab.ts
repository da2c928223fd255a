import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { MessageHead } from './head/message-head.js';

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
const NOTHING = Buffer.alloc(0);

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
  body: Buffer = NOTHING,
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
