import type net from 'node:net';
import type { Logger } from 'pino';
import type { ProxyProtocol, TcpPort } from '../../bridge/data-plane-thread.js';
import type { TcpAddress } from '../../bridge/messages.js';
import type { TrafficFaults } from '../../faults/traffic-faults.js';
import type { Cidr } from '../../net/addresses.js';
import { type Clock, realTime } from '../../net/clock.js';
import type { ListenOn } from '../../net/listening-sockets.js';
import type { Place } from '../../net/locations.js';
import { createRays, type Random, systemRandom } from '../../net/random.js';
import type { HealthBoard } from '../../state/health-board.js';
import type { LoadBoard } from '../../state/load-board.js';
import { NO_PASSIVE_HEALTH, type PassiveHealth } from '../../state/passive-health.js';
import type { Steering } from '../../steering/decide.js';
import type { OffRamps } from '../../tunnel/egress/contract.js';
import { createTrustedProxies } from '../downstream/clients.js';
import { createDownVerdicts } from '../exchange/origin-attempts.js';
import { type HostIndex, isPublished } from '../hosts.js';
import {
  createDeadlines,
  createLimitLog,
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type ProxyTimeouts,
} from '../limits.js';
import { createListener } from '../listeners/listener.js';
import { createArrivals, type ProxiedAddresses } from '../listeners/proxy-protocol.js';
import type { RequestSink } from '../telemetry/request-record.js';
import { countConnections, createOriginDial } from '../upstream/connection-pool.js';
import { carryConnection, type TcpServices } from './tcp-connection.js';

export interface TcpOptions {
  readonly host: string;
  readonly ports: readonly (TcpPort & Pick<ListenOn, 'socket'>)[];
  readonly hosts: HostIndex;
  readonly steering: Steering;
  readonly load: LoadBoard;
  /** Of the same board that the steering goes by. */
  readonly health: Pick<HealthBoard, 'onDown'>;
  /** Hears which origins could not be reached. */
  readonly passive?: PassiveHealth;
  readonly offramps: OffRamps;
  readonly placeOf: (clientIp: string) => Place;
  readonly requests: RequestSink;
  /** By which connections are dated; real time when absent. */
  readonly clock?: Clock;
  /** As that of the proxy. */
  readonly random?: Random;
  /** Where this data plane is, as in CF-Ray. */
  readonly pop: string;
  readonly log: Logger;
  /** Whether connections begin with a PROXY header; off when absent. */
  readonly proxyProtocol?: ProxyProtocol;
  /** Networks of proxies in front, which may send one. */
  readonly trustedProxies?: readonly Cidr[];
  /** Of all ports together. */
  readonly maxConnections?: number;
  /** Those that the off-ramps go by as well. */
  readonly faults?: TrafficFaults;
  readonly timeouts?: Partial<
    Pick<ProxyTimeouts, 'originConnect' | 'upgradedIdle' | 'clientLook' | 'proxyHeader' | 'tick'>
  >;
}

export interface TcpListeners {
  /** Rejects when one of the ports cannot be had. */
  listen(): Promise<readonly TcpAddress[]>;
  /** Stops accepting, lets connections end by themselves for at most `graceMs`, then breaks them. */
  drain(graceMs: number): Promise<void>;
}

/** Ports that pass bytes to the origins of load balancers without looking at them. */
export function createTcpListeners(options: TcpOptions): TcpListeners {
  const { hosts, random = systemRandom, log, faults = null } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const maxConnections = options.maxConnections ?? DEFAULT_LIMITS.clientConnections;
  const deadlines = createDeadlines(timeouts.tick);
  const clients = new Set<net.Socket>();
  const limitReached = createLimitLog(log);
  const trusted = createTrustedProxies(options.trustedProxies ?? []);
  const services: TcpServices = {
    steering: options.steering,
    load: options.load,
    downVerdicts: createDownVerdicts(options.health),
    passive: options.passive ?? NO_PASSIVE_HEALTH,
    dialOrigin: countConnections(
      options.load,
      createOriginDial(options.offramps, deadlines, timeouts.originConnect, 'full', 'http/1.1'),
    ),
    deadlines,
    joinTimeouts: { idleMs: timeouts.upgradedIdle, lookMs: timeouts.clientLook },
    placeOf: options.placeOf,
    requests: options.requests,
    clock: options.clock ?? realTime,
    offramps: options.offramps,
    faults,
    random: random.fraction,
    nextRay: createRays(options.pop, random),
    log,
  };

  function accept(
    client: net.Socket,
    { name, sendProxy }: TcpPort,
    addresses: ProxiedAddresses | null,
  ): void {
    // `close` follows.
    client.on('error', () => {});
    const isFull = clients.size >= maxConnections;
    if (isFull) limitReached('TCP connections', maxConnections);
    const loadBalancer = isFull ? undefined : hosts.match(name);
    if (!loadBalancer || isPublished(loadBalancer)) {
      const reason = isFull ? 'too many connections' : 'no enabled load balancer';
      log.debug({ loadBalancer: name, reason }, 'a TCP connection was refused');
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    carryConnection({ socket: client, addresses }, { loadBalancer, sendProxy }, services);
  }

  const listeners = options.ports.map(({ socket, ...tcpPort }) => {
    const { name, port } = tcpPort;
    const { take, cut } = createArrivals(
      {
        mode: options.proxyProtocol ?? 'off',
        trusted,
        deadlines,
        headerTimeout: timeouts.proxyHeader,
        limit: DEFAULT_LIMITS.proxyHeaders,
        listener: `tcp ${name}`,
        limitReached,
        faults,
        log,
      },
      (client, addresses) => accept(client, tcpPort, addresses),
    );
    return { name, cut, ...createListener('tcp', { host: options.host, port, socket }, take, log) };
  });

  async function listen(): Promise<readonly TcpAddress[]> {
    return await Promise.all(listeners.map(async (one) => ({ name: one.name, ...(await one.listen()) })));
  }

  async function drain(graceMs: number): Promise<void> {
    const closed = listeners.map((listener) => listener.close({ acceptQueued: true }));
    for (const { cut } of listeners) cut();
    const cut = () => {
      for (const client of clients) client.resetAndDestroy();
    };
    const cancelCut = realTime.after(graceMs, cut, { keepsAlive: true });
    await Promise.all(closed);
    cancelCut();
    deadlines.stop();
  }

  return { listen, drain };
}
