import os from 'node:os';
import type { Logger } from 'pino';
import type { DataPlaneOptions } from '../bridge/data-plane-thread.js';
import type { DataPlaneFault } from '../bridge/faults.js';
import type { FromDataPlane } from '../bridge/messages.js';
import { VERSION } from '../config/version.js';
import { createDnsServer, reachableAddresses } from '../dns/server.js';
import { createFaultList, type FaultList } from '../faults/fault-list.js';
import { createTrafficFaults } from '../faults/traffic-faults.js';
import { offRampsUnderFaults } from '../faults/under-faults.js';
import { createProber } from '../health/prober.js';
import { createPoolEvents } from '../health/reports/pool-health.js';
import { type Clock, realTime } from '../net/clock.js';
import type { ListeningSocket } from '../net/listening-sockets.js';
import { createLocations, placeFrom } from '../net/locations.js';
import { randomOf } from '../net/random.js';
import { createSettableClock } from '../net/settable-clock.js';
import type { ClientLocations } from '../proxy/exchange/request-context.js';
import { createExplain } from '../proxy/explain.js';
import { createHostIndex } from '../proxy/hosts.js';
import type { KeyPair } from '../proxy/listeners/certificates.js';
import { createPrivateListeners } from '../proxy/listeners/listener.js';
import { createProxy } from '../proxy/proxy.js';
import { createTcpListeners } from '../proxy/tcp/tcp-listeners.js';
import { createAccessLog } from '../proxy/telemetry/access-log.js';
import { createRequestLog } from '../proxy/telemetry/request-log.js';
import { allOf } from '../proxy/telemetry/request-record.js';
import { createSpanExporter } from '../proxy/telemetry/tracing.js';
import { createHealthBoard, createHealthReports } from '../state/health-board.js';
import { createLoadBoard } from '../state/load-board.js';
import { createPassiveHealth, NO_PASSIVE_HEALTH } from '../state/passive-health.js';
import { createSnapshotStore } from '../state/snapshot-store.js';
import { createSessions } from '../steering/affinity/sessions.js';
import { createSteering } from '../steering/decide.js';
import { createEdge } from '../tunnel/edge/edge.js';
import { createQuickTunnels } from '../tunnel/edge/quick-tunnels.js';
import { createDirectDialer, createResolver } from '../tunnel/egress/direct.js';
import { createOffRamps, reachableFirst } from '../tunnel/egress/select.js';
import { createDataPlaneMetrics } from './data-plane-metrics.js';
import type { DataPlaneSockets } from './data-plane-sockets.js';

/** What all parts of one data plane are made with. */
interface Given {
  readonly options: DataPlaneOptions;
  readonly sockets: DataPlaneSockets;
  readonly post: (message: FromDataPlane) => void;
  readonly log: Logger;
}

export interface DataPlaneParts {
  readonly store: ReturnType<typeof createSnapshotStore>;
  readonly clock: ReturnType<typeof createSettableClock>;
  readonly edge: ReturnType<typeof createEdge>;
  readonly quickTunnels: ReturnType<typeof createQuickTunnels>;
  readonly load: ReturnType<typeof createLoadBoard>;
  readonly sessions: ReturnType<typeof createSessions>;
  readonly requests: ReturnType<typeof createRequestLog>;
  readonly metrics: ReturnType<typeof createDataPlaneMetrics>;
  readonly accessLog: ReturnType<typeof createAccessLog> | null;
  readonly spans: ReturnType<typeof createSpanExporter> | null;
  readonly proxy: ReturnType<typeof createProxy>;
  readonly explain: ReturnType<typeof createExplain>;
  readonly privates: ReturnType<typeof createPrivateListeners> | null;
  readonly tcp: ReturnType<typeof createTcpListeners>;
  readonly dns: ReturnType<typeof createDnsServer>;
  readonly prober: ReturnType<typeof createProber>;
  readonly faults: FaultList<DataPlaneFault>;
  readonly poolEvents: ReturnType<typeof createPoolEvents>;
  readonly healthReports: ReturnType<typeof createHealthReports>;
  /** For new HTTPS clients for whose name there is no certificate. */
  readonly useCertificate: (pair: KeyPair) => void;
}

/**
 * Puts the parts of a data plane together: state, tunnels and off-ramps, steering, on-ramps, health checks. Nothing is served and nothing is
 * checked before the store gets its first configuration and the listeners are told to listen.
 */
export function createDataPlaneParts({ options, sockets, post, log }: Given): DataPlaneParts {
  const clock = createSettableClock();
  const store = createSnapshotStore();
  const certificateListeners: ((pair: KeyPair) => void)[] = [];
  const board = createHealthBoard();
  const healthReports = createHealthReports({
    board,
    send: (changes) => post({ type: 'health_shown', changes }),
  });
  const edge = createEdge({
    ...options.edge,
    ...listenWith(sockets.edge),
    awaitedTunnels: options.awaitedTunnels,
    locationName: `${options.place.pop}01`,
    clock,
    log,
    store,
  });
  const quickTunnels = createQuickTunnels({ store, tunnels: edge, clock });
  const trafficFaults = createTrafficFaults(
    { clock: realTime, random: randomOf(options.randomSeed, 'faults').fraction },
    (fault) => faults.struck(fault),
  );
  const offramps = offRampsUnderFaults(
    createOffRamps({
      store,
      tunnels: edge,
      direct: createDirectDialer({ clock, networks: options.directNetworks }),
    }),
    trafficFaults,
  );
  const { sessionKey, alwaysUseHttps, locationHeader } = options;
  const { pools } = store.snapshot;
  const load = createLoadBoard();
  const sessions = createSessions({ pools, key: sessionKey, alwaysUseHttps });
  const health = reachableFirst(board, pools, offramps, edge.awaiting);
  const passive =
    options.passiveHealthMs === null
      ? NO_PASSIVE_HEALTH
      : createPassiveHealth(realTime, options.passiveHealthMs);
  const steering = createSteering({ pools, health, load, sessions, passive });
  const requests = createRequestLog();
  const metrics = createDataPlaneMetrics(store);
  const accessLog = options.accessLog && createAccessLog(options.accessLog.file, log);
  const written = accessLog ? [accessLog] : [];
  const { tracing } = options;
  const spans = tracing && createSpanExporter({ endpoint: tracing.endpoint, version: VERSION, log });
  const locations = createLocations(options.locations);
  const placeOf = (clientIp: string) => placeFrom(options.place, locations.lookup(clientIp));
  const places: ClientLocations = { placeOf, locationHeader };
  const hosts = createHostIndex(store);
  const proxy = createProxy({
    random: randomOf(options.randomSeed, 'requests'),
    ...listenWith(sockets.http),
    place: options.place,
    https: {
      ...listenWith(sockets.https),
      certificates: certificatesOf(options, clock, certificateListeners),
    },
    originTls: options.originTls,
    proxyProtocol: options.proxyProtocol,
    trustedProxies: options.trustedProxies,
    healthPath: options.healthPath,
    limits: { clientConnections: options.limits.clientConnections, streams: options.limits.streams },
    store,
    hosts,
    steering,
    sessions,
    load,
    passive,
    health: board,
    requests: allOf([requests, metrics.requests, ...written]),
    tracing: tracing &&
      spans && { spans, share: tracing.share, random: randomOf(options.randomSeed, 'traces') },
    clock,
    ...places,
    offramps,
    faults: trafficFaults,
    log,
  });
  const explain = createExplain({
    snapshot: store.snapshot,
    hosts,
    health: board,
    offramps,
    steering: createSteering({ pools, health, load, sessions: sessions.look, passive }),
    places,
    clock,
    faults: trafficFaults,
  });
  const privates =
    options.privateNetwork &&
    createPrivateListeners({ ...options.privateNetwork, store, health, passive, sessions, load, proxy, log });
  const tcp = createTcpListeners({
    random: randomOf(options.randomSeed, 'TCP'),
    host: '',
    ports: options.tcp.ports.map((port, index) => ({ ...port, socket: sockets.tcp[index] })),
    proxyProtocol: options.proxyProtocol.tcp,
    trustedProxies: options.trustedProxies,
    maxConnections: options.limits.tcpConnections,
    hosts,
    steering,
    load,
    passive,
    health: board,
    offramps,
    placeOf,
    requests: allOf([requests, metrics.tcpConnections, ...written]),
    clock,
    faults: trafficFaults,
    pop: options.place.pop,
    log,
  });
  const resolver = createResolver(clock);
  const dns = createDnsServer({
    ...listenWith(sockets.dns.tcp),
    sockets: sockets.dns,
    nameServers: options.dns.nameServers,
    store,
    hosts,
    health: board,
    home: options.place,
    locations,
    resolve: (name) => resolver.resolve(name, { fresh: false }),
    proxyAddresses: reachableAddresses(options.advertised, sockets.http.address.host, os.networkInterfaces()),
    nameServerAddresses: reachableAddresses(
      options.advertised,
      sockets.dns.tcp.address.host,
      os.networkInterfaces(),
    ),
    clock,
    random: randomOf(options.randomSeed, 'DNS').fraction,
    onAnswered: metrics.onDnsAnswered,
    log,
  });
  const prober = createProber({
    store,
    board,
    offramps,
    tunnels: edge,
    storedHealth: options.storedHealth,
    onChecked: metrics.onChecked,
    clock,
    faultStruck: (fault) => faults.struck(fault),
    log,
  });
  const faults = createFaultList<DataPlaneFault>(clock, (all) => {
    prober.faults.set(all.filter((fault) => fault.on === 'health'));
    trafficFaults.set(all.filter((fault) => fault.on === 'traffic'));
  });
  const poolEvents = createPoolEvents({
    store,
    health: board,
    clock,
    emit: (event) => post({ type: 'pool_event', event }),
  });
  return {
    store,
    clock,
    edge,
    quickTunnels,
    load,
    sessions,
    requests,
    metrics,
    accessLog,
    spans,
    proxy,
    explain,
    privates,
    tcp,
    dns,
    prober,
    faults,
    poolEvents,
    healthReports,
    useCertificate: (pair) => {
      for (const listener of certificateListeners) listener(pair);
    },
  };
}

/** A listener on a socket that is open. */
function listenWith(socket: ListeningSocket) {
  return { ...socket.address, socket };
}

/** Signing needs a large library, which is loaded with the first certificate. */
function certificatesOf(
  { certificates, edge: { certificate, key } }: DataPlaneOptions,
  clock: Clock,
  listeners: ((pair: KeyPair) => void)[],
) {
  if ('certFile' in certificates) return certificates;
  return {
    initial: { certificate, key },
    onReplaced: (listener: (pair: KeyPair) => void) => void listeners.push(listener),
    issue: async (name: string) => {
      const { issueLeaf } = await import('../tunnel/edge/authority.js');
      return await issueLeaf(
        certificates,
        new Date(clock.now()),
        { dns: [name], ip: [] },
        new Date(realTime.now()),
      );
    },
  };
}
