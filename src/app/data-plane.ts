import os from 'node:os';
import { parentPort } from 'node:worker_threads';
import { pino } from 'pino';
import type { DataPlaneOptions } from '../bridge/data-plane-thread.js';
import type { DataPlaneFault } from '../bridge/faults.js';
import type { FromDataPlane, QuestionName, Questions, ToDataPlane } from '../bridge/messages.js';
import { VERSION } from '../config/version.js';
import { createDnsServer, reachableAddresses } from '../dns/server.js';
import { createFaultList } from '../faults/fault-list.js';
import { createTrafficFaults } from '../faults/traffic-faults.js';
import { offRampsUnderFaults } from '../faults/under-faults.js';
import { createProber } from '../health/prober.js';
import { createPoolEvents, monitorEventOf } from '../health/reports/pool-health.js';
import { realTime } from '../net/clock.js';
import type { ListeningSocket } from '../net/listening-sockets.js';
import { createLocations, placeFrom } from '../net/locations.js';
import { randomOf } from '../net/random.js';
import { createSettableClock } from '../net/settable-clock.js';
import { createAccessLog } from '../proxy/access-log.js';
import { createExplain } from '../proxy/explain.js';
import type { KeyPair } from '../proxy/https/certificates.js';
import { createHostIndex } from '../proxy/match.js';
import { createPrivateListeners } from '../proxy/private-listeners.js';
import { createProxy } from '../proxy/proxy.js';
import { createRequestLog } from '../proxy/request-log.js';
import { allOf } from '../proxy/request-sink.js';
import { createTcpListeners } from '../proxy/tcp/tcp-listeners.js';
import { createSpanExporter } from '../proxy/tracing/span-exporter.js';
import type { Places } from '../proxy/visit.js';
import { createHealthBoard, createHealthReports } from '../state/health-board.js';
import { createLoadBoard } from '../state/load-board.js';
import { createSnapshotStore } from '../state/snapshot-store.js';
import { createSessions } from '../steering/affinity/sessions.js';
import { createSteering } from '../steering/decide.js';
import { createEdge } from '../tunnel/edge/edge.js';
import { createQuickTunnels } from '../tunnel/edge/quick-tunnels.js';
import { createDirectDialer, createResolver } from '../tunnel/egress/direct.js';
import { createOffRamps, reachableFirst } from '../tunnel/egress/select.js';
import { createDataPlaneMetrics } from './data-plane-metrics.js';
import { openedSockets, startOptions } from './data-plane-sockets.js';

/** The data plane's thread: edge, off-ramps, health checks and proxy on one copy of the configuration. */
const [sockets, options] = await Promise.all([openedSockets, startOptions()]);
const port = parentPort!;
const post = (message: FromDataPlane) => port.postMessage(message);
const stderr = pino.destination({ fd: 2, sync: true });
// Of a terminal that has hung up: what is under way still has to end.
stderr.on('error', () => {});
const log = pino({ level: options.logLevel, name: 'data-plane' }, stderr);

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
// Listeners of the store run in this order: routes are known before the prober asks for a way.
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
const steering = createSteering({ pools, health, load, sessions });
const requests = createRequestLog();
const metrics = createDataPlaneMetrics(store);
const accessLog = options.accessLog && createAccessLog(options.accessLog.file, log);
const written = accessLog ? [accessLog] : [];
const { tracing } = options;
const spans = tracing && createSpanExporter({ endpoint: tracing.endpoint, version: VERSION, log });
const locations = createLocations(options.locations);
const placeOf = (clientIp: string) => placeFrom(options.place, locations.lookup(clientIp));
const places: Places = { placeOf, locationHeader };
const hosts = createHostIndex(store);
const proxy = createProxy({
  random: randomOf(options.randomSeed, 'requests'),
  ...listenWith(sockets.http),
  place: options.place,
  https: { ...listenWith(sockets.https), certificates: certificatesOf(options) },
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
  steering: createSteering({ pools, health, load, sessions: sessions.look }),
  places,
  clock,
  faults: trafficFaults,
});
const privates =
  options.privateNetwork &&
  createPrivateListeners({ ...options.privateNetwork, store, health, sessions, load, proxy, log });
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
prober.onTransition(poolEvents.record);
prober.onTransition(metrics.onTransition);
prober.onFinding((finding) => {
  const event = monitorEventOf(finding, store.snapshot.pools.get(finding.target.poolId));
  if (event) post({ type: 'monitor_event', event });
});

/** A listener on a socket that is open. */
function listenWith(socket: ListeningSocket) {
  return { ...socket.address, socket };
}

/** Signing needs a large library, which is loaded with the first certificate. */
function certificatesOf({ certificates, edge: { certificate, key } }: DataPlaneOptions) {
  if ('certFile' in certificates) return certificates;
  return {
    initial: { certificate, key },
    onReplaced: (listener: (pair: KeyPair) => void) => void certificateListeners.push(listener),
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

let draining = false;

edge.onConnection(({ type, connection, at }) => {
  // The database has no such tunnel.
  if (quickTunnels.has(connection.tunnelId)) return;
  // What is connected at the end is awaited at the next start.
  if (draining && type === 'closed') return;
  post(
    type === 'opened'
      ? { type: 'connection_opened', connection }
      : { type: 'connection_closed', connection, at },
  );
});

edge.onConfiguration(({ id, tunnelId }, configuration) =>
  post({ type: 'connection_configured', connectionId: id, tunnelId, configuration }),
);
edge.onLocalConfiguration((tunnelId, config) => {
  if (!quickTunnels.has(tunnelId)) post({ type: 'local_configuration', tunnelId, config });
});

type Answer<Q extends QuestionName> = Questions[Q]['answer'] | Promise<Questions[Q]['answer']>;

const ANSWERS: { readonly [Q in QuestionName]: (ask: Questions[Q]['ask']) => Answer<Q> } = {
  pool_health: ({ poolId }) => prober.poolHealth(poolId),
  start_preview: (request) => {
    prober.previews.start(request);
    return null;
  },
  preview: ({ accountId, previewId }) => prober.previews.report(accountId, previewId),
  requests: (filter) => {
    const count = requests.count(filter);
    if (count === 0) return { count, requests: [], nearest: requests.nearest(filter) };
    return { count, requests: requests.find(filter), nearest: [] };
  },
  count_requests: ({ filter, after }) => ({
    count: requests.count(filter, after),
    added: requests.added,
    cleared: requests.cleared,
  }),
  forget_requests: () => {
    requests.clear();
    return null;
  },
  explain,
  faults: faults.reports,
  set_faults: (next) => {
    faults.replace(next);
    return null;
  },
  clock: () => clock.state,
  async set_clock({ to, passage }) {
    const settled = await clock.move(to, passage);
    poolEvents.flush();
    healthReports.flush();
    return settled;
  },
  add_fault: (fault) => {
    faults.add(fault);
    return null;
  },
  remove_fault: faults.remove,
  forget: () => {
    for (const one of [requests, sessions, prober.previews, quickTunnels]) one.clear();
    faults.replace([]);
    metrics.forgetGone();
    return null;
  },
  metrics: () => metrics.report({ load, edge, proxy, accessLog, spans }),
  private_addresses: () => privates?.addresses() ?? [],
  open_quick_tunnel: quickTunnels.open,
  drop_connections: ({ tunnelId, clientId }) => edge.drop(tunnelId, clientId),
};

async function answer(message: Extract<ToDataPlane, { type: 'ask' }>): Promise<void> {
  try {
    post({ type: 'answer', id: message.id, answer: await ANSWERS[message.name](message.ask as never) });
  } catch (error) {
    post({ type: 'refused', id: message.id, reason: (error as Error).message });
  }
}

/**
 * New origins are down until their first probe, and connectors go by the configuration that they had until they have taken the
 * next one over: the writer hears of its change when both have been done, so that the next request really follows it. Those
 * that do not answer hold nobody up for longer than this.
 */
const SETTLING_MS = 200;

async function confirm(revision: number): Promise<void> {
  await Promise.all([prober.settled(SETTLING_MS), edge.configured(SETTLING_MS), privates?.settled()]);
  healthReports.flush();
  post({ type: 'applied', revision });
}

/** For the lines of the access log, and the spans, that still wait when everything else has ended. */
const LAST_LINES_MS = 1_000;

/** The proxy first: the requests that it still has under way may need the tunnels. */
async function drain(graceMs: number): Promise<void> {
  const end = realTime.monotonic() + graceMs;
  draining = true;
  privates?.close();
  await Promise.all([prober.stop(), proxy.drain(graceMs), tcp.drain(graceMs), dns.drain(graceMs)]);
  poolEvents.flush();
  await edge.drain(Math.max(0, end - realTime.monotonic()));
  await Promise.all([accessLog?.close(LAST_LINES_MS), spans?.close(LAST_LINES_MS)]);
  port.close();
}

port.on('message', (message: ToDataPlane) => {
  switch (message.type) {
    case 'stage':
      store.stage(message.part);
      return post({ type: 'staged' });
    case 'configure':
      store.apply(message.part);
      return void confirm(message.part.revision);
    case 'ask':
      return void answer(message);
    case 'edge_certificate':
      edge.useCertificate(message);
      for (const listener of certificateListeners) listener(message);
      return;
    case 'reopen_logs':
      return accessLog?.reopen();
    case 'drain':
      return void drain(message.graceMs);
  }
});

store.apply(options.configuration);
await privates?.settled();
const listening = await proxy.listen();
healthReports.flush();
post({
  type: 'listening',
  edge: await edge.listen(),
  http: listening.http,
  https: listening.https!,
  onRamps: { dns: await dns.listen(), tcp: await tcp.listen() },
});
