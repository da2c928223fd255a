import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { onEnd, resetStream } from '../../src/net/stream-ends.js';
import { joinStreams } from '../../src/proxy/downstream/joined-streams.js';
import { createDeadlines } from '../../src/proxy/limits.js';
import type { OriginSocket } from '../../src/tunnel/egress/contract.js';
import { cleanUpLater, DIAL, startOrigin, type TestEdge, type TestTunnel } from './fixture.js';

/** `tcp` is a byte stream to an address, `websocket` a stream through the ingress rules after the upgrade. */
export type Kind = 'tcp' | 'websocket';

/** How the bytes that came over a socket ended. */
export interface Received {
  readonly bytes: number;
  readonly how: 'ended' | 'reset';
}

export interface Joined {
  readonly client: net.Socket;
  readonly origin: net.Socket;
}

export interface Front {
  /** A client whose connection leads through the tunnel to an origin, and the origin's side of it. Both may be half-open. */
  connect(kind: Kind): Promise<Joined>;
  /** Where the origin listens. */
  readonly originPort: number;
}

const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

export interface FrontOptions {
  /** The origin's address as the connector sees it; loopback when absent. */
  readonly originHost?: string;
  readonly idleMs?: number;
}

/** Client → TCP listener → edge → connector → origin, all over real sockets. */
export async function startFront(
  { edge }: TestEdge,
  tunnel: TestTunnel,
  { originHost = '127.0.0.1', idleMs = 3_600_000 }: FrontOptions = {},
): Promise<Front> {
  const deadlines = createDeadlines(20);
  let hand: (socket: net.Socket) => void = () => {};
  let joined = () => {};
  const origin = await startOrigin((socket) => {
    socket.pause();
    socket.once('readable', function look() {
      const head = socket.read() as Buffer | null;
      if (head === null) return void socket.once('readable', look);
      const text = head.toString('latin1');
      const isUpgrade = text.startsWith('GET ');
      const rest = isUpgrade ? head.subarray(text.indexOf('\r\n\r\n') + 4) : head.subarray(1);
      if (rest.length > 0) socket.unshift(rest);
      if (isUpgrade) socket.write(SWITCH);
      hand(socket);
    });
  });
  let kind: Kind = 'tcp';
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    client.on('error', () => {});
    if (kind === 'tcp') {
      const socket = edge.dial(tunnel.id, { host: originHost, port: origin.port }, DIAL);
      // The origin sees the connection with its first byte.
      socket.write('x');
      joinWhenConnected(client, socket);
    } else upgrade(client);
  });

  function joinWhenConnected(client: net.Socket, socket: OriginSocket): void {
    socket.on('error', () => {});
    socket.once('connect', () => join(client, socket));
  }

  function join(client: net.Socket, socket: Duplex): void {
    cleanUpLater(() => resetStream(socket));
    joinStreams(client, socket, deadlines, { idleMs, lookMs: 3_600_000 });
    joined();
  }

  function upgrade(client: net.Socket): void {
    const head = {
      ':method': 'GET',
      ':scheme': 'https',
      ':authority': 'app.example.com',
      ':path': '/',
      'cf-cloudflared-proxy-connection-upgrade': 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const request = edge.request(tunnel.id, head, { endStream: false, onLost() {} });
    request.stream.once('response', () => join(client, request.upgraded()));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.close();
    deadlines.stop();
  });
  const { port } = server.address() as AddressInfo;
  return {
    originPort: origin.port,
    async connect(wanted) {
      kind = wanted;
      const handed = new Promise<net.Socket>((resolve) => {
        hand = resolve;
      });
      const both = new Promise<void>((resolve) => {
        joined = resolve;
      });
      const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      client.on('error', () => {});
      cleanUpLater(() => client.destroy());
      await both;
      return { client, origin: await handed };
    },
  };
}

/** Reads everything that comes, and tells how it ended. */
export function receive(socket: net.Socket): Promise<Received> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.resume();
  return new Promise((resolve) => {
    onEnd(socket, () => resolve({ bytes, how: 'ended' }));
    socket.once('error', () => resolve({ bytes, how: 'reset' }));
    socket.once('close', () => resolve({ bytes, how: 'reset' }));
  });
}
