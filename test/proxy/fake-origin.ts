import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { listening } from '../support/fake-origins.js';

export interface FakeOrigin {
  readonly port: number;
  /** Connections accepted so far. */
  connections(): number;
  /** Resets every connection and refuses new ones, like a killed process. */
  kill(): Promise<void>;
}

/** An origin that speaks HTTP properly. */
export async function httpOrigin(listener: http.RequestListener): Promise<FakeOrigin> {
  return started(http.createServer({ keepAliveTimeout: 60_000 }, listener));
}

/** An origin that gets each connection raw. */
export async function rawOrigin(listener: (socket: net.Socket) => void): Promise<FakeOrigin> {
  return started(net.createServer({ allowHalfOpen: true, noDelay: true }, listener));
}

/** An origin that answers each head it gets (a request without body) with the bytes that `answer` returns. */
export async function scriptedOrigin(
  answer: (request: string, socket: net.Socket) => string | null,
): Promise<FakeOrigin> {
  return rawOrigin((socket) => {
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const request = pending.slice(0, end + 4);
        pending = pending.slice(end + 4);
        const bytes = answer(request, socket);
        if (bytes !== null) socket.write(bytes, 'latin1');
      }
    });
    socket.on('end', () => socket.end());
  });
}

async function started(server: net.Server): Promise<FakeOrigin> {
  let accepted = 0;
  server.on('connection', () => {
    accepted += 1;
  });
  const { port, sockets } = await listening(server);
  const kill = async () => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await once(server, 'close');
  };
  return { port, connections: () => accepted, kill };
}
