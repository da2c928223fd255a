import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Servers on 127.0.0.1 that play the origin and end with the test. */

export async function listening<S extends Server>(
  server: S,
  port = 0,
): Promise<S & { readonly port: number; readonly sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(server, { port: (server.address() as AddressInfo).port, sockets });
}

export const tcpOrigin = (onConnection: (socket: Socket) => void = () => {}) =>
  listening(createServer(onConnection));

export const httpOrigin = (handler: RequestListener) => listening<HttpServer>(createHttpServer(handler));

export const httpsOrigin = (tls: ServerOptions, handler: RequestListener) =>
  listening(createHttpsServer(tls, handler));

/** What systems give to those who ask for any port begins behind these. */
const [FIRST_PORT, LAST_PORT] = [20_000, 30_000];

/** A port of 127.0.0.1 where nobody listens, and which nobody gets who asks for any: it is free until it is taken, or taken again, by its number. */
export async function closedPort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
