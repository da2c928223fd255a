import { once } from 'node:events';
import net from 'node:net';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { offRampsUnderFaults } from '../../../src/faults/under-faults.js';
import { NOWHERE, type Place } from '../../../src/net/locations.js';
import { createHostIndex } from '../../../src/proxy/hosts.js';
import {
  createTcpListeners,
  type TcpListeners,
  type TcpOptions,
} from '../../../src/proxy/tcp/tcp-listeners.js';
import { createRequestLog, type RequestLog } from '../../../src/proxy/telemetry/request-log.js';
import { createHealthBoard, type HealthBoard } from '../../../src/state/health-board.js';
import { createLoadBoard, type LoadBoard } from '../../../src/state/load-board.js';
import type { LiveLoadBalancer, LivePool } from '../../../src/state/snapshot.js';
import { createSnapshotStore, type SnapshotStore } from '../../../src/state/snapshot-store.js';
import { NO_SESSIONS } from '../../../src/steering/contract.js';
import { createSteering } from '../../../src/steering/decide.js';
import type { OffRamps } from '../../../src/tunnel/egress/contract.js';
import { createDirectDialer } from '../../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../../src/tunnel/egress/select.js';
import { createLoopbackTunnels } from '../../support/loopback-tunnels.js';

export const NAME = 'db.example.com';

export interface TcpRig {
  readonly port: number;
  readonly listeners: TcpListeners;
  readonly store: SnapshotStore;
  readonly health: HealthBoard;
  readonly load: LoadBoard;
  readonly requests: RequestLog;
  readonly tunnels: ReturnType<typeof createLoopbackTunnels>;
  /** What was logged, as objects. */
  readonly logged: readonly { readonly level: number; readonly reason?: string; readonly msg: string }[];
  connect(): net.Socket;
}

export interface TcpRigOptions
  extends Partial<
    Pick<
      TcpOptions,
      'timeouts' | 'passive' | 'maxConnections' | 'proxyProtocol' | 'trustedProxies' | 'faults'
    >
  > {
  readonly offramps?: OffRamps;
  readonly sendProxy?: 'v1' | 'v2';
  readonly pools: readonly LivePool[];
  readonly loadBalancers: readonly LiveLoadBalancer[];
  readonly placeOf?: (clientIp: string) => Place;
}

/** One port of TCP for the load balancer NAME, closed at the end of the test. */
export async function startTcpRig(options: TcpRigOptions): Promise<TcpRig> {
  const store = createSnapshotStore();
  const health = createHealthBoard();
  const load = createLoadBoard();
  const requests = createRequestLog();
  const tunnels = createLoopbackTunnels();
  const logged: TcpRig['logged'][number][] = [];
  store.apply({
    revision: 1,
    complete: true,
    upsert: { pool: options.pools, load_balancer: options.loadBalancers },
    remove: {},
  });
  const offramps = options.offramps ?? createOffRamps({ store, tunnels, direct: createDirectDialer() });
  const listeners = createTcpListeners({
    host: '127.0.0.1',
    ports: [{ port: 0, name: NAME, sendProxy: options.sendProxy ?? null }],
    hosts: createHostIndex(store),
    steering: createSteering({
      pools: store.snapshot.pools,
      health,
      load,
      sessions: NO_SESSIONS,
      ...(options.passive && { passive: options.passive }),
    }),
    ...(options.passive && { passive: options.passive }),
    load,
    health,
    offramps: options.faults ? offRampsUnderFaults(offramps, options.faults) : offramps,
    ...(options.faults && { faults: options.faults }),
    placeOf: options.placeOf ?? (() => NOWHERE),
    requests,
    pop: NOWHERE.pop,
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(JSON.parse(line)) }),
    timeouts: { tick: 20, ...options.timeouts },
    ...(options.proxyProtocol && { proxyProtocol: options.proxyProtocol }),
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
    ...(options.maxConnections && { maxConnections: options.maxConnections }),
  });
  const [address] = await listeners.listen();
  const { port } = address!;
  onTestFinished(() => listeners.drain(0));
  return {
    port,
    listeners,
    store,
    health,
    load,
    requests,
    tunnels,
    logged,
    connect() {
      const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      return socket;
    },
  };
}

export interface TcpOrigin {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: number;
  /** Breaks all connections that are open. */
  destroy(): void;
}

/** A server whose connections are handled by `serve`; by default it says its name and repeats what it gets. */
export async function startTcpOrigin(name: string, serve = echo(name)): Promise<TcpOrigin> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const destroy = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    destroy();
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    get accepted() {
      return accepted;
    },
    destroy,
  };
}

const echo = (name: string) => (socket: net.Socket) => {
  socket.write(`${name}:`);
  socket.pipe(socket);
};

/** Everything that comes until the other side ends or breaks off. */
export async function readToEnd(socket: net.Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  return text;
}
