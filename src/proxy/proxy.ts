import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { ProxyProtocol } from '../bridge/data-plane-thread.js';
import type { ListenAddress } from '../bridge/messages.js';
import type { TrafficFaults } from '../faults/traffic-faults.js';
import type { Cidr } from '../net/addresses.js';
import { type Clock, realTime } from '../net/clock.js';
import type { ListenOn } from '../net/listening-sockets.js';
import type { Place } from '../net/locations.js';
import { createRays, type Random, systemRandom } from '../net/random.js';
import type { HealthBoard } from '../state/health-board.js';
import type { LoadBoard } from '../state/load-board.js';
import { NO_PASSIVE_HEALTH, type PassiveHealth } from '../state/passive-health.js';
import type { LiveNoun } from '../state/snapshot.js';
import type { SnapshotStore } from '../state/snapshot-store.js';
import type { Sessions } from '../steering/contract.js';
import type { Steering } from '../steering/decide.js';
import type { OffRamps } from '../tunnel/egress/contract.js';
import { ClientConnection, closingResponse } from './downstream/client-connection.js';
import type { DownstreamServices } from './downstream/clients.js';
import { type ClientTransport, createClientConnections, createTrustedProxies } from './downstream/clients.js';
import { createHttp2Server } from './downstream/http2-session.js';
import { createDownVerdicts } from './exchange/origin-attempts.js';
import { EDGE_ERRORS } from './exchange/own-answers.js';
import type { ClientLocations } from './exchange/request-context.js';
import type { HostIndex } from './hosts.js';
import {
  createDeadlines,
  createLimitLog,
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type ProxyLimits,
  type ProxyTimeouts,
} from './limits.js';
import {
  type Certificates,
  followCertificateFiles,
  type KeyPair,
  makeCertificates,
} from './listeners/certificates.js';
import { createHttpsServer } from './listeners/https-server.js';
import { createListener, type Listener, type OwnServices } from './listeners/listener.js';
import { type Arrivals, type Arrived, clientOf, createArrivals } from './listeners/proxy-protocol.js';
import type { RequestSink } from './telemetry/request-record.js';
import type { TracingParts } from './telemetry/tracing.js';
import {
  countConnections,
  createHttp1UpstreamPool,
  createIdleConnectionPool,
  createOriginDial,
  type OriginProtocol,
  type OriginTls,
  poolsApart,
} from './upstream/connection-pool.js';
import { createHttp2UpstreamPool } from './upstream/http2-sessions.js';
import { createIngressUpstreamPool } from './upstream/ingress.js';
import { originTarget } from './upstream/origin-target.js';

export interface ProxyOptions extends ClientLocations, ListenOn {
  /** Null listens for plain HTTP alone. */
  readonly https: HttpsOptions | null;
  /** Where this proxy is; CF-Ray shows its `pop`. */
  readonly place: Place;
  readonly store: SnapshotStore;
  readonly hosts: HostIndex;
  readonly steering: Steering;
  /** Those that the steering goes by, as the counts. */
  readonly sessions: Pick<Sessions, 'pin'>;
  readonly load: LoadBoard;
  /** Of the same board that the steering goes by. */
  readonly health: Pick<HealthBoard, 'onDown'>;
  /** Hears which origins could not be reached, and which have answered. */
  readonly passive?: PassiveHealth;
  readonly requests: RequestSink;
  readonly offramps: OffRamps;
  /** By which requests are dated, sessions last and certificates age; real time when absent. */
  readonly clock?: Clock;
  /** What steering draws with, and CF-Ray begins with; that of the system when absent. */
  readonly random?: Random;
  readonly log: Logger;
  readonly limits?: Partial<ProxyLimits>;
  readonly timeouts?: Partial<ProxyTimeouts>;
  readonly originTls: OriginTls;
  /** Whether connections begin with a PROXY header; off when absent. */
  readonly proxyProtocol?: { readonly http: ProxyProtocol; readonly https: ProxyProtocol };
  /** Networks of proxies in front, which may send one, and whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly Cidr[];
  /** See `ExchangeServices`. */
  readonly healthPath?: string | null;
  /** Those that the off-ramps go by as well. */
  readonly faults?: TrafficFaults;
  /** Traces nothing when absent. */
  readonly tracing?: TracingParts | null;
}

export interface HttpsOptions extends ListenOn {
  /** Files to follow, or what makes a certificate for the name of a load balancer and the one for all other names. */
  readonly certificates:
    | { readonly certFile: string; readonly keyFile: string }
    | {
        readonly initial: KeyPair;
        readonly issue: (name: string) => Promise<KeyPair>;
        /** Tells when another pair shall take the place of the initial one. */
        readonly onReplaced: Certificates['onReplaced'];
      };
}

export interface Proxy {
  /** One more listener for plain HTTP, not listening yet. It takes part in the proxy's limits, and ends with it. */
  listenerFor(address: ListenAddress, own: OwnServices): Listener;
  /** Resolves with the addresses that were really taken; rejects when one cannot be had. */
  listen(): Promise<{ readonly http: ListenAddress; readonly https: ListenAddress | null }>;
  /** Those of clients that are open. */
  readonly clientConnections: number;
  /** Stops accepting, lets requests end for at most `graceMs`, then breaks what is left. Resolves when all is closed. */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How ways to origins change: connections that were made before are not used again. */
const WAY_NOUNS: ReadonlySet<LiveNoun> = new Set(['route', 'tunnel']);

/**
 * A proxy for HTTP/1.1 over TCP, and for HTTP/1.1 and HTTP/2 over TLS, that follows the snapshot. The path of a request:
 * `downstream/` reads it, `exchange/` steers and sends it, `upstream/` reads the response.
 *
 * Choices that the protocol leaves open: request trailers are left out;
 * WebSocket is the only upgrade; a client that ends its half during a request has given up; `Server` stays the origin's;
 * an origin on port 443 is spoken to over TLS; gRPC goes to the origin over HTTP/2, without TLS with prior knowledge; a
 * response without length ends the client's HTTP/1.1 connection.
 */
export function createProxy(options: ProxyOptions): Proxy {
  const { store, clock = realTime, random = systemRandom, log, faults = null } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const deadlines = createDeadlines(timeouts.tick);
  const dial = (protocol: OriginProtocol) =>
    countConnections(
      options.load,
      createOriginDial(options.offramps, deadlines, timeouts.originConnect, options.originTls, protocol),
    );
  const idle = createIdleConnectionPool(limits.idlePerOrigin, limits.idleTotal);
  const http1UpstreamPool = poolsApart(
    createHttp1UpstreamPool({ limits, timeouts, deadlines, idle, log }, dial('http/1.1')),
    faults,
  );
  const http2UpstreamPool = poolsApart(
    createHttp2UpstreamPool({ limits, timeouts, deadlines }, dial('h2')),
    faults,
  );
  const ingressUpstreamPool = createIngressUpstreamPool({
    limits,
    timeouts,
    deadlines,
    log,
    offramps: options.offramps,
    load: options.load,
  });
  const trustedProxies = createTrustedProxies(options.trustedProxies ?? []);
  const { proxyProtocol = { http: 'off', https: 'off' } } = options;
  const limitReached = createLimitLog(log);
  const clients = createClientConnections(limits.clientConnections, limitReached);
  let draining = false;

  const services: DownstreamServices = {
    limits,
    timeouts,
    hosts: options.hosts,
    steering: options.steering,
    random: random.fraction,
    sessions: options.sessions,
    load: options.load,
    downVerdicts: createDownVerdicts(options.health),
    passive: options.passive ?? NO_PASSIVE_HEALTH,
    requests: options.requests,
    offramps: options.offramps,
    clock,
    faults,
    placeOf: options.placeOf,
    locationHeader: options.locationHeader,
    http1UpstreamPool,
    http2UpstreamPool,
    ingressUpstreamPool,
    trustedProxies,
    healthPath: options.healthPath ?? null,
    idleClients: clients,
    limitReached,
    deadlines,
    nextRay: createRays(options.place.pop, random),
    log,
    tracing: options.tracing ?? null,
    isDraining: () => draining,
  };

  store.onChange('ways', (changes) => {
    if (changes.some(({ noun }) => WAY_NOUNS.has(noun))) invalidateUpstreams();
  });

  faults?.onChange((whose) => {
    // What is used from now on is made under the faults of now.
    if (whose === 'origins') invalidateUpstreams();
    else
      for (const client of clients.all())
        if (faults.namesFor(null, client.identity.ip).length > 0) client.drain(true);
  });

  options.health.onDown((poolId, originKey) => {
    const origin = store.snapshot.pools.get(poolId)?.origins.find(({ key }) => key === originKey);
    if (!origin) return;
    const { endpoint } = originTarget(origin, '', poolId);
    http1UpstreamPool.drop(endpoint);
    http2UpstreamPool.drop(endpoint);
  });

  function invalidateUpstreams(): void {
    http1UpstreamPool.invalidate();
    http2UpstreamPool.invalidate();
  }

  function accept(socket: net.Socket, makeTransport: () => ClientTransport): void {
    if (!clients.makeRoom()) {
      turnAway(socket, services.nextRay());
      return;
    }
    const client = makeTransport();
    clients.add(client);
    socket.once('close', () => clients.remove(client));
    if (draining) client.drain(true);
  }

  function arrivals(mode: ProxyProtocol, listener: string): (arrived: Arrived) => Arrivals {
    const { proxyHeader: headerTimeout } = timeouts;
    const shared = {
      trusted: trustedProxies,
      deadlines,
      headerTimeout,
      limit: limits.proxyHeaders,
      limitReached,
      faults,
      log,
    };
    return (arrived) => createArrivals({ mode, listener, ...shared }, arrived);
  }

  function listenForHttp(on: ListenOn, own: DownstreamServices, mode: ProxyProtocol) {
    const arrived: Arrived = (socket, addresses) => {
      accept(socket, () => new ClientConnection(socket, 'http', clientOf(addresses, socket), own));
      socket.resume();
    };
    const { take, cut } = arrivals(mode, 'http')(arrived);
    return { ...createListener('http', on, take, log), cut };
  }
  const http = listenForHttp(options, services, proxyProtocol.http);
  const others = new Set<Listener>();
  const https = options.https && listenForTls(options.https);

  function listenForTls({ certificates, ...on }: HttpsOptions): Listener & { cutHandshakes(): void } {
    const serveHttp2 = createHttp2Server(services);
    const { take, cutHandshakes, close } = createHttpsServer({
      certificates: certificateSource(certificates, services.hosts, limits.certificates, clock, log),
      handshakeTimeout: timeouts.tlsHandshake,
      handshakes: limits.tlsHandshakes,
      limitReached,
      log,
      arrivals: arrivals(proxyProtocol.https, 'https'),
      accept: (socket, tcp, addresses) =>
        accept(socket, () => {
          const client = clientOf(addresses, tcp);
          if (socket.alpnProtocol === 'h2') return serveHttp2(socket, client);
          return new ClientConnection(socket, 'https', client, services, tcp);
        }),
    });
    const listener = createListener('https', on, take, log);
    return {
      ...listener,
      cutHandshakes,
      close: (how: Parameters<Listener['close']>[0]) => listener.close(how).finally(close),
    };
  }

  async function drain(graceMs: number): Promise<void> {
    draining = true;
    // A client whose connect has succeeded has a right to its answer.
    const closed = Promise.all([http, https, ...others].map((one) => one?.close({ acceptQueued: true })));
    invalidateUpstreams();
    for (const client of clients.all()) client.drain(true);
    const endSilent = () => {
      http.cut();
      https?.cutHandshakes();
      for (const client of clients.all()) client.drain();
    };
    const endAll = () => {
      for (const client of clients.all()) client.destroy();
    };
    const keepsAlive = true;
    const cancels = [
      realTime.after(Math.min(graceMs, timeouts.firstWhileDraining), endSilent, { keepsAlive }),
      realTime.after(graceMs, endAll, { keepsAlive }),
    ];
    await closed;
    for (const cancel of cancels) cancel();
    deadlines.stop();
  }

  return {
    listen: async () => ({ http: await http.listen(), https: https && (await https.listen()) }),
    listenerFor(address, own) {
      const listener = listenForHttp(address, { ...services, ...own }, 'off');
      others.add(listener);
      return {
        listen: listener.listen,
        close: (how) => listener.close(how).finally(() => others.delete(listener)),
      };
    },
    get clientConnections() {
      return clients.size;
    },
    drain,
    close: () => drain(0),
  };
}

function certificateSource(
  how: HttpsOptions['certificates'],
  hosts: HostIndex,
  limit: number,
  clock: Clock,
  log: Logger,
): Certificates {
  if ('certFile' in how) return followCertificateFiles({ ...how, log });
  return makeCertificates({ ...how, hosts, limit, clock });
}

function turnAway(socket: net.Socket, ray: string): void {
  socket.on('error', () => {});
  // One that wants HTTP/2 could not read it.
  if ((socket as Partial<TLSSocket>).alpnProtocol === 'h2') socket.destroy();
  else socket.end(closingResponse(EDGE_ERRORS.overloaded, ray), () => socket.destroy());
}
