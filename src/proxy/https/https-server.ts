import type { Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { Certificates } from './certificates.js';

export interface HttpsServerOptions {
  readonly certificates: Certificates;
  /** Milliseconds from the TCP connection to the end of the handshake. */
  readonly handshakeTimeout: number;
  /** Handshakes at the same time; connections beyond are closed. */
  readonly handshakes: number;
  readonly log: Logger;
  /** `tcp` is what carries the bytes of `socket`. */
  readonly accept: (socket: TLSSocket, tcp: Socket) => void;
}

export interface HttpsServer {
  readonly server: tls.Server;
  /** Ends the handshakes that are under way: nothing was promised to anybody yet. */
  cutHandshakes(): void;
}

/**
 * A TLS server for clients that speak HTTP/2 or HTTP/1.1: `socket.alpnProtocol` says which. It does not listen: `connection` is
 * emitted on it for each.
 */
export function createHttpsServer(options: HttpsServerOptions): HttpsServer {
  const { certificates, log } = options;
  /** By address and port: TCP sockets whose TLS sockets are not there yet. */
  const shakingHands = new Map<string, Socket>();

  const server = tls.createServer({
    cert: certificates.initial.certificate,
    key: certificates.initial.key,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: options.handshakeTimeout,
    SNICallback(serverName, done) {
      certificates.forName(serverName.toLowerCase()).then(
        // TypeScript's library does not know that none leaves it at the server's own.
        (context) => done(null, context ?? undefined),
        (error: Error) => {
          log.error({ err: error, serverName }, 'no certificate could be made');
          done(error);
        },
      );
    },
  });

  server.on('connection', (socket: Socket) => {
    const key = addressOf(socket);
    if (key === null || shakingHands.size >= options.handshakes) {
      socket.destroy();
      return;
    }
    shakingHands.set(key, socket);
    socket.once('close', () => {
      // The address may belong to a newer connection by now.
      if (shakingHands.get(key) === socket) shakingHands.delete(key);
    });
  });
  server.on('secureConnection', (socket) => {
    const key = addressOf(socket) ?? '';
    const tcp = shakingHands.get(key);
    shakingHands.delete(key);
    // One without an address is closed already.
    if (tcp === undefined) socket.destroy();
    else if (!socket.destroyed) options.accept(socket, tcp);
  });
  server.on('tlsClientError', (error, socket) => {
    log.debug({ cause: error.message }, 'the TLS handshake with a client failed');
    socket.destroy();
  });
  server.on('close', () => {
    certificates.stop();
  });
  certificates.onReplaced(({ certificate, key }) => {
    server.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' });
  });
  return {
    server,
    cutHandshakes() {
      for (const socket of shakingHands.values()) socket.destroy();
    },
  };
}

/** The same for the TCP socket and the TLS socket over it: that is how the two are brought together. */
function addressOf(socket: Socket): string | null {
  return socket.remoteAddress === undefined ? null : `${socket.remoteAddress} ${socket.remotePort}`;
}
