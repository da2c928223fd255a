import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { realTime } from '../net/clock.js';

/** Milliseconds without a byte, after which whoever sends no more is not waited for; and in all. */
const SILENCE_MS = 2_000;
const LONGEST_MS = 30_000;

const lingering = new WeakSet<Socket>();

export const isLingering = (socket: Socket): boolean => lingering.has(socket);

/**
 * Ends our half behind what was written; what comes is read and dropped until the other half ends, pauses or takes too long. To close a socket
 * with unread bytes resets it, and the answer would be lost on its way to who reads it when everything has been sent. RFC 9112 section 9.6.
 */
export function linger(socket: Socket): void {
  lingering.add(socket);
  socket.end();
  socket.setTimeout(SILENCE_MS);
  socket.once(
    'close',
    realTime.after(LONGEST_MS, () => socket.destroy()),
  );
}

/**
 * For an answer that ends its connection before the request's body has come, such as that to a body that is too large: the connection is
 * closed in stages.
 */
export function closeInStages(request: IncomingMessage): void {
  const { socket } = request;
  socket.destroySoon = () => {
    if (request.complete) Socket.prototype.destroySoon.call(socket);
    else linger(socket);
  };
}
