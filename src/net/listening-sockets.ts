import dgram from 'node:dgram';
import { readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { parseIp } from './addresses.js';

/** Where to listen. */
export interface ListenOn {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Descriptor of a socket that listens already: it is taken as it is, whatever host and port say. */
  readonly fd?: number | undefined;
  /** One that was opened before; nothing else is looked at. */
  readonly socket?: ListeningSocket | undefined;
}

/**
 * A socket that listens before anybody serves its connections: a client that comes while the process still starts waits, and
 * is not refused.
 */
export interface ListeningSocket {
  /** What was really taken. */
  readonly address: { readonly host: string; readonly port: number };
  /** Gives every connection to `take` from now on, those that have waited first. Called once. */
  serve(take: (socket: net.Socket) => void, onError: (error: Error) => void): void;
  /**
   * Accepts nobody any more; resolves when the last connection is closed. What the kernel has queued by then is reset, unless
   * `acceptQueued`.
   */
  close(options?: { readonly acceptQueued: boolean }): Promise<void>;
}

/** How connections are accepted, as each kind of listener needs it. */
const ACCEPT = {
  /** Half-open, because an upgraded connection may end one direction before the other. A small buffer would pause origins often. */
  http: { noDelay: true, allowHalfOpen: true, highWaterMark: 64 * 1024 },
  https: { noDelay: true, allowHalfOpen: true },
  edge: {},
  /** Nothing is read before there is an origin that takes it; either side may end its half first. */
  tcp: { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true },
  /** Half-open: an asker may end its side behind its last question. */
  dns: { noDelay: true, allowHalfOpen: true },
} as const satisfies Record<string, net.ServerOpts>;

/** Pending connections that the kernel keeps: connectors and clients come back all at once. */
const BACKLOG = 4_096;
/** Connections that wait until they are served; each holds a descriptor. More are closed. */
const MAX_WAITING_CONNECTIONS = 1_024;

/** Rejects when the address cannot be had. */
export async function openListeningSocket(kind: keyof typeof ACCEPT, on: ListenOn): Promise<ListeningSocket> {
  if (on.socket) return on.socket;
  const waiting = new Set<net.Socket>();
  let accepted = 0;
  let take = (socket: net.Socket): void => {
    // `close` follows.
    socket.on('error', () => {});
    if (waiting.size >= MAX_WAITING_CONNECTIONS) return void socket.destroy();
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
  };
  const server = net.createServer(ACCEPT[kind], (socket) => {
    accepted += 1;
    take(socket);
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  let closing = false;
  const address = await listen(server, on);

  return {
    address,
    serve(next, onError) {
      server.on('error', onError);
      take = next;
      for (const socket of waiting) {
        waiting.delete(socket);
        next(socket);
      }
    },
    async close({ acceptQueued } = { acceptQueued: false }) {
      if (!closing) {
        closing = true;
        if (acceptQueued) await emptyQueue(() => accepted);
        server.close();
        for (const socket of waiting) socket.destroy();
      }
      await closed;
    },
  };
}

/** Binds a server; answers what it has really taken, and rejects when it cannot be had. */
export function listen(
  server: net.Server,
  { host, port, fd }: ListenOn,
): Promise<ListeningSocket['address']> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(fd === undefined ? error : unusable(fd, error));
    server.once('error', failed);
    server.listen({ ...(fd === undefined ? { host, port } : { fd }), backlog: BACKLOG }, () => {
      server.off('error', failed);
      const { address, port } = server.address() as net.AddressInfo;
      resolve({ host: address, port });
    });
  });
}

/** A turn of the event loop that is longer has left time for others to connect. */
const SHORT_TURN_MS = 0.5;
const EMPTY_LIMIT_MS = 500;

function unusable(fd: number, { message }: Error): Error {
  return new Error(
    `the socket that was passed as descriptor ${fd} cannot be used: ${message}; pass one that is bound and listens, of the kind that its name says`,
  );
}

/**
 * Those whose connect has succeeded would be reset by the close. Node accepts one connection in each turn of its event loop and then
 * runs whatever else is due, so the queue is empty after a short turn without one, and only then.
 */
async function emptyQueue(accepted: () => number): Promise<void> {
  const end = performance.now() + EMPTY_LIMIT_MS;
  for (let turnAt = performance.now(), first = true; turnAt < end; first = false) {
    const before = accepted();
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    // The first one may have begun before.
    if (!first && accepted() === before && now - turnAt < SHORT_TURN_MS) return;
    turnAt = now;
  }
}

type TakeDatagram = (message: Buffer, from: dgram.RemoteInfo) => void;

/** A UDP socket that is bound before anybody reads from it. */
export interface DatagramSocket {
  readonly socket: dgram.Socket;
  /** Gives every datagram to `take` from now on, those that have waited first. Called once. */
  serve(take: TakeDatagram, onError: (error: Error) => void): void;
  close(): Promise<void>;
}

/** Datagrams that wait until somebody reads; whoever sent more asks again. */
const MAX_WAITING_DATAGRAMS = 1_024;

/** Rejects when the address cannot be had, and when `fd` is no UDP socket. */
export function openDatagramSocket({
  host,
  port,
  fd,
}: Pick<ListenOn, 'host' | 'port' | 'fd'>): Promise<DatagramSocket> {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  const isIpv6 = fd === undefined ? parseIp(address)?.family === 6 : isUdp6(fd);
  const socket = dgram.createSocket(isIpv6 ? 'udp6' : 'udp4');
  const waiting: Parameters<TakeDatagram>[] = [];
  let take: TakeDatagram = (...datagram) => {
    if (waiting.length < MAX_WAITING_DATAGRAMS) waiting.push(datagram);
  };
  socket.on('message', (message, from) => take(message, from));

  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    const bound = () => {
      socket.off('error', reject);
      resolve({
        socket,
        serve(next, onError) {
          socket.on('error', onError);
          take = next;
          for (const datagram of waiting.splice(0)) next(...datagram);
        },
        close: () => new Promise((done) => socket.close(done)),
      });
    };
    if (fd === undefined) socket.bind(port, address, bound);
    // Throws when it is a socket of another kind.
    else socket.bind({ fd }, bound);
  });
}

/** Node must know the family before it takes a socket, and does not ask the socket. Passed sockets are a thing of Linux, which tells. */
function isUdp6(fd: number): boolean {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    const lines = readFileSync('/proc/self/net/udp6', 'latin1').split('\n');
    return inode !== undefined && lines.some((line) => line.trim().split(/\s+/)[9] === inode);
  } catch {
    return false;
  }
}
