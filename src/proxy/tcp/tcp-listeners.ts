import type net from 'node:net';
import type { Logger } from 'pino';
import type { TcpPort } from '../../live/data-plane-options.js';
import type { LoadBoard } from '../../live/load-board.js';
import type { TcpAddress } from '../../live/messages.js';
import type { ListenOn } from '../../net/listening-socket.js';
import type { Place } from '../../net/place.js';
import { createRays } from '../../net/ray.js';
import type { OffRamps } from '../../offramps/contract.js';
import type { Steering } from '../../steering/decide.js';
import { createDeadlines } from '../deadlines.js';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type ProxyTimeouts } from '../limits.js';
import { createListener } from '../listener.js';
import { countConnections } from '../load-counts.js';
import { type HostIndex, isPublished } from '../match.js';
import { createOriginDial } from '../origin-dial.js';
import type { RequestLog } from '../request-log.js';
import { carryConnection, type TcpServices } from './tcp-connection.js';

export interface TcpOptions {
  readonly host: string;
  readonly ports: readonly (TcpPort & Pick<ListenOn, 'socket'>)[];
  readonly hosts: HostIndex;
  readonly steering: Steering;
  readonly load: LoadBoard;
  readonly offramps: OffRamps;
  readonly placeOf: (clientIp: string) => Place;
  readonly requests: RequestLog;
  /** Where this data plane is, as in CF-Ray. */
  readonly pop: string;
  readonly log: Logger;
  /** Of all ports together. */
  readonly maxConnections?: number;
  readonly timeouts?: Partial<Pick<ProxyTimeouts, 'originConnect' | 'upgradedIdle' | 'tick'>>;
}

export interface TcpListeners {
  /** Rejects when one of the ports cannot be had. */
  listen(): Promise<readonly TcpAddress[]>;
  /** Stops accepting, lets connections end by themselves for at most `graceMs`, then breaks them. */
  drain(graceMs: number): Promise<void>;
}

/** Ports that pass bytes to the origins of load balancers without looking at them. */
export function createTcpListeners(options: TcpOptions): TcpListeners {
  const { hosts, log } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const maxConnections = options.maxConnections ?? DEFAULT_LIMITS.clientConnections;
  const deadlines = createDeadlines(timeouts.tick);
  const clients = new Set<net.Socket>();
  const services: TcpServices = {
    steering: options.steering,
    load: options.load,
    dialOrigin: countConnections(
      options.load,
      createOriginDial(options.offramps, deadlines, timeouts.originConnect, 'full', 'http/1.1'),
    ),
    deadlines,
    idleMs: timeouts.upgradedIdle,
    placeOf: options.placeOf,
    requests: options.requests,
    offramps: options.offramps,
    nextRay: createRays(options.pop),
    log,
  };

  function accept(client: net.Socket, name: string): void {
    // `close` follows.
    client.on('error', () => {});
    const loadBalancer = clients.size < maxConnections ? hosts.match(name) : undefined;
    if (!loadBalancer || isPublished(loadBalancer)) {
      const reason = clients.size < maxConnections ? 'no enabled load balancer' : 'too many connections';
      log.debug({ loadBalancer: name, reason }, 'a TCP connection was refused');
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    carryConnection(client, loadBalancer, services);
  }

  const listeners = options.ports.map(({ name, ...port }) => ({
    name,
    ...createListener('tcp', { host: options.host, ...port }, (client) => accept(client, name), log),
  }));

  async function listen(): Promise<readonly TcpAddress[]> {
    return await Promise.all(listeners.map(async (one) => ({ name: one.name, ...(await one.listen()) })));
  }

  async function drain(graceMs: number): Promise<void> {
    const closed = listeners.map((listener) => listener.close({ acceptQueued: true }));
    const grace = setTimeout(() => {
      for (const client of clients) client.destroy();
    }, graceMs);
    await Promise.all(closed);
    clearTimeout(grace);
    deadlines.stop();
  }

  return { listen, drain };
}
