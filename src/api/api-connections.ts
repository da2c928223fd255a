import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { realTime } from '../net/clock.js';

export interface ConnectionLimit {
  /** Connections at once, those in a TLS handshake included. */
  readonly limit: number;
  readonly log: Logger;
}

const WARN_EVERY_MS = 60_000;
/** The part of the limit from which on connections that rest between two requests are closed, to leave room. */
const CROWDED = 7 / 8;

/**
 * Stands between a server and its connections: at the limit new ones are closed, and until the returned function is called all wait, since
 * a TLS server has no certificate at first. Every connection holds a descriptor, of which traffic needs its share.
 */
export function limitConnections(server: Server, { limit, log }: ConnectionLimit): () => void {
  // Node's own: HTTP, or the handshake of TLS.
  const [serve] = server.listeners('connection') as [(socket: Socket) => void];
  server.removeAllListeners('connection');
  const open = new Set<Socket>();
  let begun = false;
  let warnedAt = Number.NEGATIVE_INFINITY;

  function refuse(socket: Socket): void {
    socket.destroy();
    if (realTime.monotonic() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = realTime.monotonic();
    log.warn(
      { limit: 'API connections', value: limit, flag: '--max-api-connections' },
      'api: a limit is reached',
    );
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= limit * CROWDED) server.closeIdleConnections();
    if (open.size >= limit) return refuse(socket);
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // `close` follows.
    if (begun) serve.call(server, socket);
    else socket.on('error', () => {});
  });
  return () => {
    if (begun) return;
    begun = true;
    for (const socket of open) if (!socket.destroyed) serve.call(server, socket);
  };
}
