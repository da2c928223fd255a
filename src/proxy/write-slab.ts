import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { MessageHead } from './head/message-head.js';

const SLAB_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

/**
 * Writes the head of a message at once, and behind it `body`, if both fit into one block: first line, the fields of `head` that
 * go on, `lines` (latin1 as the first line). Everything is copied, so that `body` and what the head was read from may be used again.
 * Most writes are over when they return; the memory of the others is left to them. Returns what `write` returns; null, and nothing
 * is written, when it does not fit.
 */
export function writeMessage(
  socket: Duplex,
  firstLine: string,
  head: MessageHead,
  lines: string,
  body: Buffer = NOTHING,
): boolean | null {
  const length = firstLine.length + head.passedOnBytes + lines.length + body.length;
  if (used + length > SLAB_BYTES) {
    if (length > SLAB_BYTES) return null;
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  let at = start + slab.write(firstLine, start, 'latin1');
  at = head.copyPassedOn(slab, at);
  at += slab.write(lines, at, 'latin1');
  if (body.length > 0) {
    slab.set(body, at);
    at += body.length;
  }
  used = at;
  const flowing = socket.write(slab.subarray(start, at));
  if (used === at && hasTakenAll(socket)) used = start;
  return flowing;
}

/**
 * Whether the system has all that was written to the socket, and nobody needs the memory that it was written from. Only of plain
 * sockets can that be told: TLS, tunnels and faults may hold bytes that a stream counts as written.
 */
export function hasTakenAll(socket: Duplex): boolean {
  return socket.writableLength === 0 && isPlain(socket);
}

const isPlain = (socket: Duplex) => socket instanceof Socket && !(socket instanceof TLSSocket);
