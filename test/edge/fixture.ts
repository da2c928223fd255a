import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Logger, pino } from 'pino';
import type { ListenAddress } from '../../src/bridge/messages.js';
import { realTime } from '../../src/net/clock.js';
import type { LiveTunnel } from '../../src/state/snapshot.js';
import { createSnapshotStore, type SnapshotStore } from '../../src/state/snapshot-store.js';
import { startConnector } from '../../src/tunnel/connector/connector.js';
import type { Connector, ConnectorOptions } from '../../src/tunnel/connector/contract.js';
import { type Authority, createAuthority } from '../../src/tunnel/edge/authority.js';
import {
  createEdge,
  type Edge,
  type EdgeConnectionEvent,
  type EdgeOptions,
} from '../../src/tunnel/edge/edge.js';
import type { DialOptions, OriginSocket } from '../../src/tunnel/egress/contract.js';

export const ACCOUNT = '0123456789abcdef0123456789abcdef';
export const silent: Logger = pino({ level: process.env.TEST_LOG ?? 'silent' });

let authority: Promise<Authority> | undefined;
/** One for the whole file: making keys is slow. */
export const testAuthority = (): Promise<Authority> => (authority ??= createAuthority());

export interface TestTunnel {
  readonly id: string;
  readonly token: string;
  readonly live: LiveTunnel;
}

export interface TestEdge {
  readonly edge: Edge;
  readonly store: SnapshotStore;
  readonly address: ListenAddress;
  readonly events: EdgeConnectionEvent[];
  readonly availability: [string, boolean][];
  addTunnel(values?: Partial<LiveTunnel>): TestTunnel;
  removeTunnel(id: string): void;
  /** Dials a port of loopback. The socket is destroyed with the edge. */
  dial(tunnel: TestTunnel, port: number, options?: Partial<DialOptions>): OriginSocket;
  /** A connector that is closed with the edge. */
  connect(tunnel: TestTunnel, options?: Partial<ConnectorOptions>): Promise<Connector>;
}

const cleanups: (() => unknown)[] = [];
export const cleanUpLater = (task: () => unknown): void => void cleanups.push(task);

/** For `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const task of cleanups.splice(0).reverse()) await task();
}

export async function startEdge(options: Partial<EdgeOptions> = {}): Promise<TestEdge> {
  const { key, certificate, caCertificate } = await testAuthority();
  const store = createSnapshotStore();
  const edge = createEdge({
    host: '127.0.0.1',
    port: 0,
    key,
    certificate,
    locationName: 'TEST01',
    log: silent,
    store,
    real: options.clock ?? realTime,
    ...options,
  });
  const events: EdgeConnectionEvent[] = [];
  const availability: [string, boolean][] = [];
  edge.onConnection((event) => events.push(event));
  edge.onAvailability((id, available) => availability.push([id, available]));
  const address = await edge.listen();
  cleanUpLater(() => edge.close());
  let revision = 0;
  return {
    edge,
    store,
    address,
    events,
    availability,
    addTunnel(values = {}) {
      const tunnel = newTunnel(values);
      store.apply({ revision: ++revision, complete: false, upsert: { tunnel: [tunnel.live] }, remove: {} });
      return tunnel;
    },
    removeTunnel(id) {
      store.apply({ revision: ++revision, complete: false, upsert: {}, remove: { tunnel: [id] } });
    },
    dial(tunnel, port, dialOptions = {}) {
      const socket = edge.dial(tunnel.id, { host: '127.0.0.1', port }, { ...DIAL, ...dialOptions });
      socket.on('error', () => {});
      cleanUpLater(() => socket.destroy());
      return socket;
    },
    async connect(tunnel, connectorOptions = {}) {
      const connector = startConnector({
        token: tunnel.token,
        edge: [`${address.host}:${address.port}`],
        ca: caCertificate,
        connections: 1,
        log: silent,
        gracePeriodMs: 1_000,
        ...connectorOptions,
      });
      cleanUpLater(() => connector.close());
      await connector.ready;
      return connector;
    },
  };
}

export function newTunnel(values: Partial<LiveTunnel> = {}): TestTunnel {
  const id = values.id ?? randomUUID();
  const secret = randomBytes(32);
  const live: LiveTunnel = {
    id,
    accountId: ACCOUNT,
    name: 'test',
    secretSha256: createHash('sha256').update(secret).digest('hex'),
    configuration: null,
    ...values,
  };
  return { id, live, token: tokenOf(live.accountId, id, secret) };
}

export function tokenOf(accountTag: string, tunnelId: string, secret: Buffer): string {
  const json = JSON.stringify({ a: accountTag, t: tunnelId, s: secret.toString('base64') });
  return Buffer.from(json).toString('base64');
}

export interface TestOrigin {
  readonly port: number;
  readonly sockets: Set<net.Socket>;
}

/** A TCP server on loopback; by default it echoes. */
export async function startOrigin(
  onSocket: (socket: net.Socket) => void = (s) => s.pipe(s),
): Promise<TestOrigin> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

export const DIAL: DialOptions = { connectTimeoutMs: 10_000, clientIp: '192.0.2.7', purpose: 'traffic' };

/** Resolves with the socket when it has connected, rejects with its error. */
export async function connected(socket: OriginSocket): Promise<OriginSocket> {
  await once(socket, 'connect');
  return socket;
}

/** The error with which a socket ends. */
export async function failure(socket: OriginSocket): Promise<Error & { failure?: string }> {
  return new Promise((resolve, reject) => {
    socket.once('error', resolve);
    socket.once('close', () => reject(new Error('closed without an error')));
  });
}

export async function readExactly(stream: Duplex, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

/** Resolves as soon as `condition` holds; it is asked again after every turn of the event loop. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Relay {
  /** For the `edge` option of a connector. */
  readonly edge: string[];
  /** Nothing passes any more, and neither end hears of it. */
  freeze(): void;
  /** Resets both sides of every connection. */
  cut(): void;
  /** Ends both sides of every connection in good order. */
  finish(): void;
}

/** A stretch of network between a connector and an edge, which can fail. */
export async function startRelay(target: ListenAddress): Promise<Relay> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(target.port, target.host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    edge: [`127.0.0.1:${(server.address() as AddressInfo).port}`],
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    finish() {
      for (const socket of sockets) socket.end();
    },
  };
}

/** Resolves when `value` has stayed the same for a hundred looks. */
export async function untilStable(value: () => number): Promise<void> {
  let last = value();
  let same = 0;
  await until(() => {
    same = value() === last ? same + 1 : 0;
    last = value();
    return same >= 100;
  }, 'a value that stays the same');
}
