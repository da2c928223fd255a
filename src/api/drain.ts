import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { realTime } from '../net/clock.js';

/**
 * Prepares a server, before it listens, for an end that nobody can hold up. What it returns runs `close`, which stops accepting and
 * waits for the requests in flight, and cuts what is left after `graceMs`: a client that never sends the rest of its request
 * would otherwise keep the process, since Node enforces no request timeout on a server that is closing.
 */
export function drainable(server: Server) {
  /** By the address of the other end, which a TCP socket and the TLS socket over it have in common. */
  const silent = new Map<string, Socket>();
  /** The newest answer on each connection that has asked for something. */
  const answers = new Map<Socket, ServerResponse>();
  server.on('connection', (socket) => {
    const key = addressOf(socket);
    silent.set(key, socket);
    socket.once('close', () => {
      // The address may belong to a newer connection by now.
      if (silent.get(key) === socket) silent.delete(key);
    });
  });
  server.on('request', ({ socket }, response) => {
    if (!answers.has(socket)) {
      silent.delete(addressOf(socket));
      socket.once('close', () => answers.delete(socket));
    }
    answers.set(socket, response);
  });

  return async function drain(close: () => Promise<unknown>, graceMs: number): Promise<void> {
    // Opened ahead of a request that has not come: Node takes these for busy.
    for (const socket of silent.values()) socket.destroy();
    // Their connections end with the answer instead of waiting for a next request.
    for (const response of answers.values()) response.shouldKeepAlive = false;
    const cancel = realTime.after(graceMs, () => server.closeAllConnections(), { keepsAlive: true });
    try {
      await close();
    } finally {
      cancel();
    }
  };
}

const addressOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
