import { Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { canonicalHost } from '../../net/hostnames.js';
import type { LimitReached } from '../limits.js';
import type { Certificates, KeyPair } from './certificates.js';
import type { Arrivals, Arrived, ProxiedAddresses } from './proxy-protocol.js';

interface HttpsServerOptions {
  readonly certificates: Certificates;
  /** Milliseconds from the TCP connection to the end of the handshake. */
  readonly handshakeTimeout: number;
  /** Handshakes at the same time; connections beyond are closed. */
  readonly handshakes: number;
  readonly limitReached: LimitReached;
  readonly log: Logger;
  /** Says who a connection is from, before its handshake: a PROXY header comes in front of TLS. */
  readonly arrivals: (arrived: Arrived) => Arrivals;
  /** `tcp` is what carries the bytes of `socket`. */
  readonly accept: (socket: TLSSocket, tcp: Socket, addresses: ProxiedAddresses | null) => void;
}

/** A TCP connection whose TLS socket is not there yet. */
interface Handshake {
  readonly tcp: Socket;
  readonly addresses: ProxiedAddresses | null;
}

interface HttpsServer {
  /** Takes a TCP connection. */
  take(socket: Socket): void;
  /** Ends the handshakes that are under way: nothing was promised to anybody yet. */
  cutHandshakes(): void;
  /** Certificates are followed no longer. */
  close(): void;
}

/** A TLS server for clients that speak HTTP/2 or HTTP/1.1: `socket.alpnProtocol` says which. It does not listen. */
export function createHttpsServer(options: HttpsServerOptions): HttpsServer {
  const { certificates, log } = options;
  /** By the address and port of the connection itself. */
  const shakingHands = new Map<string, Handshake>();

  const behaviour = {
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: options.handshakeTimeout,
    SNICallback(serverName, done) {
      certificates.forName(canonicalHost(serverName)).then(
        // TypeScript's library does not know that none leaves it at the server's own.
        (context) => done(null, context ?? undefined),
        (error: Error) => {
          log.error({ err: error, serverName }, 'no certificate could be made');
          done(error);
        },
      );
    },
  } as const satisfies tls.TlsOptions;

  // Never listens: it is given connections one by one.
  const { certificate: cert, key } = certificates.initial;
  const tlsServer = tls.createServer({ ...behaviour, cert, key });
  const overStream = createStreamHandshakes(certificates.initial, behaviour);

  const arrivals = options.arrivals(startHandshake);

  function startHandshake(socket: Socket, addresses: ProxiedAddresses | null): void {
    const key = addressOf(socket);
    const isFull = shakingHands.size >= options.handshakes;
    if (isFull) options.limitReached('TLS handshakes', options.handshakes);
    if (key === null || isFull) {
      socket.destroy();
      return;
    }
    shakingHands.set(key, { tcp: socket, addresses });
    socket.once('close', () => {
      // The address may belong to a newer connection by now.
      if (shakingHands.get(key)?.tcp === socket) shakingHands.delete(key);
    });
    if (socket instanceof Socket) tlsServer.emit('connection', socket);
    else overStream.begin(socket, (secure) => established(secure, key));
  }

  function established(socket: TLSSocket, key: string): void {
    refuseRenegotiation(socket);
    const handshake = shakingHands.get(key);
    shakingHands.delete(key);
    // One without an address is closed already.
    if (handshake === undefined) socket.destroy();
    else if (!socket.destroyed) options.accept(socket, handshake.tcp, handshake.addresses);
  }

  tlsServer.on('secureConnection', (socket) => established(socket, addressOf(socket) ?? ''));
  tlsServer.on('tlsClientError', (error, socket) => {
    log.debug({ cause: error.message }, 'the TLS handshake with a client failed');
    socket.destroy();
  });
  certificates.onReplaced(({ certificate, key }) => {
    tlsServer.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' });
    overStream.useCertificate({ certificate, key });
  });
  return {
    take: arrivals.take,
    close: certificates.stop,
    cutHandshakes() {
      arrivals.cut();
      for (const { tcp } of shakingHands.values()) tcp.destroy();
    },
  };
}

/**
 * It costs us more than the client, and nothing here needs it: a client of TLS 1.2 that asks for it is cut off. Node tells of
 * the attempt, and then goes on with it unless the socket is destroyed.
 */
function refuseRenegotiation(socket: TLSSocket): void {
  socket.disableRenegotiation();
  socket.on('error', () => socket.destroy());
}

/** The same for the TCP socket and the TLS socket over it: that is how the two are brought together. */
function addressOf(socket: Socket): string | null {
  return socket.remoteAddress === undefined ? null : `${socket.remoteAddress} ${socket.remotePort}`;
}

interface StreamHandshakes {
  /** Calls `established` when the handshake has succeeded; when it fails, `stream` is destroyed. */
  begin(stream: Socket, established: (socket: TLSSocket) => void): void;
  useCertificate(pair: KeyPair): void;
}

/**
 * TLS over streams that are no sockets of the system, such as those under faults. A server does not say which stream a TLS socket of
 * its is over, and such a one has no address to tell it by: so each gets a server of its own. There are few of them.
 */
function createStreamHandshakes(
  initial: KeyPair,
  options: Pick<tls.TlsOptions, 'SNICallback' | 'ALPNProtocols' | 'handshakeTimeout' | 'minVersion'>,
): StreamHandshakes {
  let pair = initial;
  return {
    begin(stream, established) {
      const { certificate: cert, key } = pair;
      const server = tls.createServer({ ...options, cert, key });
      server.once('secureConnection', established);
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      server.emit('connection', stream);
    },
    useCertificate(next) {
      pair = next;
    },
  };
}
