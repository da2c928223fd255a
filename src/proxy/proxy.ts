import net from 'node:net';
import type { Logger } from 'pino';
import type { LoadBoard } from '../live/load-board.js';
import type { ListenAddress } from '../live/messages.js';
import type { LiveNoun } from '../live/snapshot.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import type { Place } from '../net/place.js';
import { createRays } from '../net/ray.js';
import type { OffRamps } from '../offramps/contract.js';
import type { Steering } from '../steering/decide.js';
import type { Sessions } from '../steering/sessions.js';
import { ClientConnection, closingResponse } from './client-connection.js';
import { createDeadlines } from './deadlines.js';
import { EDGE_ERRORS } from './errors.js';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type ProxyLimits, type ProxyTimeouts } from './limits.js';
import { createListener, type Listener } from './listener.js';
import { countConnections } from './load-counts.js';
import { createHostIndex } from './match.js';
import { createOriginDial, type OriginTls } from './origin-dial.js';
import { createOriginIdle } from './origin-idle.js';
import type { RequestLog } from './request-log.js';
import type { ProxyServices } from './services.js';
import type { Places } from './visit.js';

export interface ProxyOptions extends Places {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Where this proxy is; CF-Ray shows its `pop`. */
  readonly place: Place;
  readonly store: SnapshotStore;
  readonly steering: Steering;
  /** Those that the steering goes by, as the counts. */
  readonly sessions: Pick<Sessions, 'pin'>;
  readonly load: LoadBoard;
  readonly requests: RequestLog;
  readonly offramps: OffRamps;
  readonly log: Logger;
  readonly limits?: Partial<ProxyLimits>;
  readonly timeouts?: Partial<ProxyTimeouts>;
  readonly originTls: OriginTls;
}

/** A listener whose requests are all taken by a host index and a steering of its own. */
export type OwnServices = Pick<ProxyServices, 'hosts' | 'steering'>;

export interface Proxy {
  /** One more listener for plain HTTP, not listening yet. It takes part in the proxy's limits, and ends with it. */
  listenerFor(address: ListenAddress, own: OwnServices): Listener;
  /** Resolves with the address that was really taken; rejects when it cannot be had. */
  listen(): Promise<ListenAddress>;
  /** Stops accepting, lets requests end for at most `graceMs`, then breaks what is left. Resolves when all is closed. */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How ways to origins change: connections that were made before are not used again. */
const WAY_NOUNS: ReadonlySet<LiveNoun> = new Set(['route', 'tunnel']);

/**
 * An HTTP/1.1 proxy over plain TCP that follows the snapshot. The path of a request: `client-connection.ts` reads it,
 * `exchange.ts` steers and sends it, `origin-connection.ts` reads the response.
 *
 * Choices that the protocol leaves open: trailers and interim responses other than 100 and 101 are left out; WebSocket
 * is the only upgrade; a client that ends its half during a request has given up; `Server` stays the origin's; an
 * origin on port 443 is spoken to over TLS; a response without length ends the client's connection.
 */
export function createProxy(options: ProxyOptions): Proxy {
  const { store, log } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const deadlines = createDeadlines(timeouts.tick);
  const idle = createOriginIdle(limits.idlePerOrigin, limits.idleTotal);
  const clients = new Set<ClientConnection>();
  let draining = false;

  const services: ProxyServices = {
    limits,
    timeouts,
    hosts: createHostIndex(store),
    steering: options.steering,
    sessions: options.sessions,
    load: options.load,
    requests: options.requests,
    offramps: options.offramps,
    placeOf: options.placeOf,
    locationHeader: options.locationHeader,
    dialOrigin: countConnections(
      options.load,
      createOriginDial(options.offramps, deadlines, timeouts.originConnect, options.originTls),
    ),
    idle,
    deadlines,
    nextRay: createRays(options.place.pop),
    log,
    isDraining: () => draining,
  };

  store.onChange((changes) => {
    if (changes.some(({ noun }) => WAY_NOUNS.has(noun))) idle.renew();
  });

  function accept(socket: net.Socket, own: ProxyServices): void {
    if (clients.size >= limits.clientConnections) {
      turnAway(socket, services.nextRay());
      return;
    }
    const client = new ClientConnection(socket, 'http', own);
    clients.add(client);
    socket.once('close', () => clients.delete(client));
  }

  function listenForHttp(address: ListenAddress, services: ProxyServices): Listener {
    // Half-open, because an upgraded connection may end one direction before the other.
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      accept(socket, services),
    );
    return createListener(server, address, log);
  }
  const http = listenForHttp(options, services);
  const others = new Set<Listener>();

  async function drain(graceMs: number): Promise<void> {
    draining = true;
    const closed = Promise.all([http.close(), ...[...others].map((one) => one.close())]);
    idle.renew();
    for (const client of clients) client.drain();
    const grace = setTimeout(() => {
      for (const client of clients) client.destroy();
    }, graceMs);
    await closed;
    clearTimeout(grace);
    deadlines.stop();
  }

  return {
    listen: http.listen,
    listenerFor(address, own) {
      const listener = listenForHttp(address, { ...services, ...own });
      others.add(listener);
      return {
        listen: listener.listen,
        close: () => listener.close().finally(() => others.delete(listener)),
      };
    },
    drain,
    close: () => drain(0),
  };
}

function turnAway(socket: net.Socket, ray: string): void {
  socket.on('error', () => {});
  socket.end(closingResponse(EDGE_ERRORS.overloaded, ray), () => socket.destroy());
}
