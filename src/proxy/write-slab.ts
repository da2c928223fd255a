import type { Socket } from 'node:net';

const SLAB_BYTES = 64 * 1024;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

/** So much fits into one `writeTogether`. */
export const MAX_TOGETHER_BYTES = SLAB_BYTES;

/**
 * Writes `head` (latin1) and `piece` at once, and copies them: `piece` may be used again. Most writes are over when they return;
 * the memory of the others is left to them. Together at most `MAX_TOGETHER_BYTES`. Returns what `write` returns.
 */
export function writeTogether(socket: Socket, head: string, piece: Buffer): boolean {
  const length = head.length + piece.length;
  if (used + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  const end = start + length;
  if (head !== '') slab.write(head, start, 'latin1');
  slab.set(piece, start + head.length);
  used = end;
  const flowing = socket.write(slab.subarray(start, end));
  if (socket.writableLength === 0 && used === end) used = start;
  return flowing;
}
