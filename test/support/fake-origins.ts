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

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
