import dgram from 'node:dgram';
import { isIPv6, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { ListenAddress } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import { type ListeningSocket, type ListenOn, openListeningSocket } from '../../net/listening-sockets.js';
import { Http2Session } from '../h2/session.js';

interface ListenerOptions extends ListenOn {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  readonly real: Clock;
  readonly log: Logger;
  /** Milliseconds from the TCP connection to the registration. */
  readonly registrationTimeoutMs: number;
  /** A connector is there: the session is ready for its control stream. */
  readonly onHandshake: (session: Http2Session, pending: PendingConnection) => void;
}

/** A transport that has not registered yet. It is cut off when it takes too long. */
export interface PendingConnection {
  readonly remoteAddress: string;
  /** It has registered: no longer counted, no longer timed. */
  admit(): void;
  /** Ends the transport at once, session included. */
  cut(): void;
}

interface EdgeListener {
  listen(): Promise<ListenAddress>;
  /** For new transports. PEM. */
  useCertificate(leaf: { readonly certificate: string; readonly key: string }): void;
  /** Takes no new transports, and cuts off those that have not registered; done when the admitted ones have ended, too. */
  close(): Promise<void>;
}

/** Transports that may be without registration at the same time. */
const MAX_PENDING = 1_024;
const WARN_INTERVAL_MS = 60_000;

/**
 * A TLS server on whose sockets we are the HTTP/2 *client*: connectors dial, and then serve. They offer no ALPN, and
 * show no client certificate: the tunnel's secret in the registration is what proves them.
 */
export function createEdgeListener(options: ListenerOptions): EdgeListener {
  const { real, log } = options;
  const pendingConnections = new Map<string, PendingConnection>();
  let lastWarning = Number.NEGATIVE_INFINITY;

  function warnCrowded(): void {
    if (real.monotonic() - lastWarning < WARN_INTERVAL_MS) return;
    lastWarning = real.monotonic();
    log.warn(
      { candidates: pendingConnections.size },
      'edge: too many unregistered connections, new ones are closed',
    );
  }

  function onTransport(socket: Socket): void {
    // A connection that was reset before it was accepted has no address any more.
    const key = addressOf(socket);
    if (!key || pendingConnections.size >= MAX_PENDING) {
      if (key) warnCrowded();
      socket.destroy();
      return;
    }
    const cancelTimeout = real.after(options.registrationTimeoutMs, () => {
      log.debug({ remote: key }, 'edge: no registration in time');
      socket.destroy();
    });
    const pending: PendingConnection = {
      remoteAddress: socket.remoteAddress!,
      admit() {
        cancelTimeout();
        // The same address may belong to a newer transport by now.
        if (pendingConnections.get(key) === pending) pendingConnections.delete(key);
      },
      cut: () => void socket.destroy(),
    };
    socket.once('close', () => pending.admit());
    pendingConnections.set(key, pending);
  }

  function onSecure(socket: TLSSocket): void {
    socket.on('error', (error) => log.debug({ err: error }, 'edge: transport error'));
    const pending = pendingConnections.get(addressOf(socket) ?? '');
    if (!pending || socket.destroyed) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const session = new Http2Session(socket, { role: 'client' });
    session.on('error', (error) => log.debug({ err: error }, 'edge: session error'));
    options.onHandshake(session, pending);
  }

  const quic = createQuicNotice(real, log);
  const server = tls.createServer(contextOf(options), onSecure);
  server.on('connection', onTransport);
  server.on('tlsClientError', (error, socket) => {
    log.debug({ err: error }, 'edge: TLS handshake failed');
    socket.destroy();
  });

  let socket: ListeningSocket | undefined = options.socket;
  return {
    async listen() {
      socket = await openListeningSocket('edge', options);
      socket.serve(
        (transport) => void server.emit('connection', transport),
        (error) => log.error({ err: error }, 'edge: listener error'),
      );
      await quic.open(socket.address);
      return socket.address;
    },
    useCertificate: (leaf) => server.setSecureContext(contextOf(leaf)),
    async close() {
      const closed = Promise.all([socket?.close(), quic.close()]);
      for (const pending of [...pendingConnections.values()]) pending.cut();
      await closed;
    },
  };
}

const contextOf = ({ certificate, key }: { readonly certificate: string; readonly key: string }) =>
  ({ cert: certificate, key, minVersion: 'TLSv1.2' }) as const;

/** The same for the TCP socket and the TLS socket over it: that is how the two are brought together. */
function addressOf(socket: Socket): string | undefined {
  return socket.remoteAddress && `${socket.remoteAddress} ${socket.remotePort}`;
}

/** Listens for connectors that dial over QUIC, which the edge does not speak, and says so in the log. */
interface QuicNotice {
  /** Resolves when the UDP port is listened on, or cannot be had, which is no failure. */
  open(address: ListenAddress): Promise<void>;
  close(): Promise<void>;
}

const TELL_AGAIN_MS = 60 * 60 * 1000;
/** QUIC 1 (RFC 9000), QUIC 2 (RFC 9369), and the last draft that was deployed widely. */
const VERSIONS = [0x00000001, 0x6b3343cf, 0xff00001d];

/**
 * Nothing is answered: without an answer cloudflared falls back to HTTP/2, unless it was told to keep to QUIC. A closed port
 * would answer by ICMP.
 */
function createQuicNotice(real: Clock, log: Logger): QuicNotice {
  let socket: dgram.Socket | null = null;
  let lastTold = Number.NEGATIVE_INFINITY;

  function onMessage(message: Buffer, { address }: dgram.RemoteInfo): void {
    if (!opensConnection(message) || real.monotonic() - lastTold < TELL_AGAIN_MS) return;
    lastTold = real.monotonic();
    log.warn(
      { remote: address },
      'edge: a connector dials over QUIC, which is not spoken here: start cloudflared with --protocol http2 (TUNNEL_TRANSPORT_PROTOCOL=http2)',
    );
  }

  return {
    open: ({ host: address, port }) =>
      new Promise((resolve) => {
        const opening = dgram.createSocket(isIPv6(address) ? 'udp6' : 'udp4', onMessage);
        opening.on('error', (error) => {
          log.debug({ err: error, address, port }, 'edge: connectors that dial over QUIC go unnoticed');
          if (socket !== opening) return;
          socket = null;
          opening.close();
        });
        opening.once('close', resolve);
        socket = opening;
        opening.bind({ address, port }, resolve);
      }),
    close() {
      const closing = socket;
      socket = null;
      return new Promise((resolve) => (closing ? closing.close(resolve) : resolve()));
    },
  };
}

/** Whether this is the first packet of a connection: a long header with a version (RFC 9000 section 17.2). */
function opensConnection(message: Buffer): boolean {
  return message.length >= 5 && message[0]! >= 0xc0 && VERSIONS.includes(message.readUInt32BE(1));
}
