import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Milliseconds without a byte, after which whoever sends no more is not waited for. */
const LINGER_MS = 2_000;

/**
 * An answer that ends its connection before the request's body has come, such as that to a body that is too large, is read by the client
 * when it has sent everything. To close a socket with unread bytes resets it, and the answer would be lost on its way. So our half ends,
 * and what comes is read and dropped until the other half ends, or pauses; the server's limit for a whole request holds as well. RFC 9112
 * section 9.6.
 */
export function closeInStages(request: IncomingMessage): void {
  const { socket } = request;
  socket.destroySoon = () => {
    if (request.complete) return Socket.prototype.destroySoon.call(socket);
    socket.end();
    socket.setTimeout(LINGER_MS);
  };
}
