import { once } from 'node:events';
import type { Logger } from 'pino';
import { adminRoutes } from './admin/routes.js';
import type { StartConfig } from './config/start-config.js';
import { VERSION } from './config/version.js';
import { type EdgeIdentity, loadEdgeIdentity } from './edge-identity.js';
import type { DataPlane } from './live/data-plane.js';
import type { DataPlaneOptions } from './live/data-plane-options.js';
import { type ConnectionEvent, startDataPlaneWorker } from './live/data-plane-worker.js';
import type { PoolEvent } from './live/messages.js';
import { createPublisher } from './live/publisher.js';
import { type Clock, systemClock } from './net/clock.js';
import { hostPort } from './net/ip.js';
import { createNotifications } from './notifications/notifications.js';
import { createWebhook, type Webhook } from './notifications/webhook.js';
import { type OpeningSockets, type OpenSockets, openSockets } from './open-sockets.js';
import type { CommittedNouns } from './resources/context.js';
import { lastVerdicts, recordPoolEvent } from './resources/events/index.js';
import { createCommittedNouns, liveSources, registerResources } from './resources/index.js';
import { loadChanges } from './resources/live.js';
import { withQuotas } from './resources/quotas/index.js';
import { type Seeded, seed } from './resources/seed.js';
import { createDirectory, type FollowingDirectory } from './resources/tokens/index.js';
import {
  recordConnection,
  recordLocalConfiguration,
  resetConnections,
  tunnelStatusOf,
} from './resources/tunnels/index.js';
import { claimDataDir, type DataDir } from './storage/data-dir.js';
import { type Database, type LockHolder, openDatabase } from './storage/database.js';
import { createLatestRecorder, type LatestRecorder } from './storage/latest-recorder.js';
import { createRecorder, type Recorder } from './storage/recorder.js';
import { currentPosition } from './storage/revisions.js';
import type { ApiServer } from './wire/api-server.js';
import { createHttp, type Http } from './wire/http.js';
import { serveOpenapi } from './wire/openapi.js';
import { createRateLimit } from './wire/rate-limit.js';
import { createStandby } from './wire/standby.js';

/** A running Offramp. */
export interface Offramp extends Seeded {
  readonly apiUrl: string;
  /** `host:port` for tunnel connectors. */
  readonly edge: string;
  /** File with the CA that connectors trust. */
  readonly edgeCa: string;
  /** `host:port` for HTTP traffic. */
  readonly http: string;
  /** `host:port` for HTTPS traffic: HTTP/1.1 and HTTP/2. */
  readonly https: string;
  /** `host:port` for questions of DNS, over UDP and TCP. */
  readonly dns: string;
  /** `host:port` for TCP connections, by the host name of their load balancer. */
  readonly tcp: Readonly<Record<string, string>>;
  /** Stops accepting, lets what is under way end, closes everything. */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly log: Logger;
  /** What was opened before this file was loaded; without it the sockets are opened now. */
  readonly sockets?: OpeningSockets | undefined;
  /** Told what takes long, in words for a person. */
  readonly progress: (text: string) => void;
  /** The data plane has died: nothing can go on. */
  readonly onFailure: (error: Error) => void;
  /** By which certificates age; the system's when absent. */
  readonly clock?: Clock;
}

/** How long the answer to a write waits for the data plane to follow. */
const READ_YOUR_WRITES_MS = 250;
/** Connections come and go by the hundred when a network breaks; the times of more at once are left out. */
const MAX_WAITING_EVENTS = 10_000;
/** Each may name a hundred origins. */
const MAX_WAITING_POOL_EVENTS = 1_000;
/** One may have a million characters; a thousand of the usual size have fewer. */
const MAX_WAITING_CONFIGURATION = 64 * 1024 * 1024;
/** The data plane's place in answers that name one. */
const LOCATION = 'Local, XX';

/** Puts the parts together and starts them: storage, data plane, API. What fails takes down what was started. */
export async function startApp(config: StartConfig, options: AppOptions): Promise<Offramp> {
  const closers: Closer[] = [];
  const close = () => closeAll(closers.splice(0).reverse(), config.drainMs, options.log);
  // A standby takes no address before it has the database.
  let opening = options.sockets ?? (config.standby ? null : openSockets(config));
  try {
    const dataDir = config.dataDir === null ? null : await claimDataDir(config.dataDir);
    if (dataDir) closers.push(dataDir.release);
    const identity = await loadEdgeIdentity(dataDir?.path ?? null, {
      clock: options.clock ?? systemClock,
      log: options.log,
    });
    closers.push(identity.release);
    // A port that is taken is told before anything long is begun.
    await opening?.opened;
    const db = await openStorage(config, dataDir, options);
    closers.push(db.close);
    const seeded = await seed(db, config);
    const recorders = createRecorders(db, options.log);
    closers.push(...Object.values(recorders).map(({ settled }) => settled));
    closers.push(async () => db.drain());
    const left = {
      awaitedTunnels: await resetConnections(db.read),
      storedHealth: await lastVerdicts(db.read),
    };
    const committed = createCommittedNouns();
    const access = createDirectory();
    const webhook =
      config.notify && createWebhook({ ...config.notify, clock: systemClock, log: options.log });
    if (webhook) closers.push(webhook.drain);
    const following = { committed, access, webhook };
    opening ??= openSockets(config);
    const sockets = await opening.opened;
    const dataPlane = await startDataPlane(
      config,
      identity,
      sockets,
      db,
      left,
      recorders,
      following,
      options,
    );
    closers.push(dataPlane.drain);
    identity.onRenewed(dataPlane.useCertificate);
    const api = await startApi(
      config,
      identity,
      { db: withQuotas(db, config.quotas), committed, access, dataPlane },
      sockets.api,
      options,
    );
    closers.push(api.close);
    return {
      ...seeded,
      apiUrl: `http://${api.address}/client/v4`,
      edge: hostPort(dataPlane.edge.host, dataPlane.edge.port),
      edgeCa: identity.caFile,
      http: hostPort(dataPlane.http.host, dataPlane.http.port),
      https: hostPort(dataPlane.https.host, dataPlane.https.port),
      ...onRampsOf(dataPlane),
      close,
    };
  } catch (error) {
    await opening?.close();
    await close();
    throw error;
  }
}

function onRampsOf({ onRamps: { dns, tcp } }: DataPlane): Pick<Offramp, 'dns' | 'tcp'> {
  return {
    dns: hostPort(dns.host, dns.port),
    tcp: Object.fromEntries(tcp.map(({ name, host, port }) => [name, hostPort(host, port)])),
  };
}

/** Ends one part; what is under way gets `graceMs` at most. */
type Closer = (graceMs: number) => Promise<unknown>;

/** One after the other, within one time of grace for all; what fails does not keep the rest from closing. */
async function closeAll(closers: readonly Closer[], graceMs: number, log: Logger): Promise<void> {
  const end = performance.now() + graceMs;
  for (const closer of closers) {
    await closer(Math.max(0, end - performance.now())).catch((error: Error) =>
      log.error({ err: error }, 'a part did not close as it should'),
    );
  }
}

async function openStorage(
  config: StartConfig,
  dataDir: DataDir | null,
  { log, progress }: AppOptions,
): Promise<Database> {
  if (config.databaseUrl !== null) {
    const standby = createStandby(config.api);
    const onStandby = async (holder: () => Promise<LockHolder | null>) => {
      await standby.listen(holder);
      progress(`Waiting as a standby: another Offramp has the database. Health is at ${standby.healthUrl}`);
    };
    const db = openDatabase({
      url: config.databaseUrl,
      dataDir: null,
      onStandby: config.standby ? onStandby : null,
      log,
    });
    return await db.finally(standby.close);
  }
  const where = dataDir ? `in ${dataDir.path}` : 'in memory';
  progress(
    `Opening the embedded database ${where}${dataDir?.fresh === false ? '' : ' (the first start takes a few seconds)'}`,
  );
  return await openDatabase({ url: null, dataDir: dataDir ? `${dataDir.path}/database` : null, log });
}

/** What follows each commit in this process. */
interface InMemory {
  readonly committed: CommittedNouns;
  readonly access: FollowingDirectory;
}

async function startDataPlane(
  config: StartConfig,
  identity: EdgeIdentity,
  sockets: OpenSockets,
  db: Database,
  left: Pick<DataPlaneOptions, 'awaitedTunnels' | 'storedHealth'>,
  recorders: Recorders,
  { committed, access, webhook }: InMemory & { readonly webhook: Webhook | null },
  { log, onFailure }: AppOptions,
): Promise<DataPlane> {
  const sources = liveSources(committed);
  const position = await currentPosition(db.read);
  const everything = await loadChanges(sources, db.read, null);
  everything.commit();
  (await access.follow(db.read, null))();
  const notifications =
    webhook &&
    createNotifications({
      everything: everything.delta,
      awaitedTunnels: left.awaitedTunnels,
      clock: systemClock,
      tunnelStatus: (id) => tunnelStatusOf(dataPlane.connections(id), true),
      send: webhook.send,
    });
  const { certificate, key, caCertificate, caKey } = identity.authority();
  const start: DataPlaneOptions = {
    edge: { certificate, key, halfCloseIdleMs: config.halfCloseIdleMs },
    certificates: config.tls ?? { caCertificate, caKey },
    dns: { nameServers: config.dns.nameServers },
    advertised: config.advertised,
    tcp: config.tcp,
    proxyProtocol: config.proxyProtocol,
    trustedProxies: config.trustedProxies,
    healthPath: config.healthPath,
    limits: config.limits,
    privateNetwork: config.privateNetwork,
    place: config.place,
    locations: config.locations,
    locationHeader: config.locationHeader,
    originTls: config.originTls,
    sessionKey: identity.sessionKey,
    alwaysUseHttps: config.alwaysUseHttps,
    logLevel: config.logLevel,
    ...left,
    configuration: { revision: position.revision, ...everything.delta },
  };

  const dataPlane = await startDataPlaneWorker({
    thread: sockets.dataPlane,
    start,
    onApplied: (applied) => publisher.applied(applied),
    onConnection(event) {
      recorders.connections.record(event);
      notifications?.connectionChanged(event.connection.tunnelId);
    },
    onLocalConfiguration: recorders.localConfigurations.record,
    onPoolEvent(event) {
      recorders.poolEvents.record(event);
      notifications?.poolEvent(event);
    },
    onMonitorEvent: (event) => notifications?.monitorEvent(event),
    onFailure,
  });
  notifications?.started();
  const publisher = createPublisher({ send: dataPlane.configure, log, patienceMs: READ_YOUR_WRITES_MS });
  db.onCommit(async (client, { revision, changes }) => {
    const loaded = await loadChanges(sources, client, changes);
    const followed = await access.follow(client, changes);
    return () => {
      loaded.commit();
      followed();
      notifications?.committed(loaded.delta);
      return publisher.publish({ revision, ...loaded.delta });
    };
  }, position);
  return dataPlane;
}

/** Fastify does not close a server that it was given. */
async function closeApi(app: Http): Promise<void> {
  const closed = once(app.server, 'close');
  app.server.close();
  await app.close();
  await closed;
}

interface Recorders {
  readonly connections: Recorder<ConnectionEvent>;
  readonly poolEvents: Recorder<PoolEvent>;
  /** By tunnel. */
  readonly localConfigurations: LatestRecorder;
}

/** What the data plane tells and the database keeps. */
function createRecorders(db: Database, log: Logger): Recorders {
  const connections = createRecorder<ConnectionEvent>({
    write: (event) => db.record((client) => recordConnection(client, event)),
    limit: MAX_WAITING_EVENTS,
    onLost: (error, { connection: { tunnelId } }) =>
      log.warn({ err: error, tunnelId }, 'the time of a connection was not written down'),
  });
  const poolEvents = createRecorder<PoolEvent>({
    write: (event) => db.record((client) => recordPoolEvent(client, event)),
    limit: MAX_WAITING_POOL_EVENTS,
    onLost: (error, { poolId }) => log.warn({ err: error, poolId }, 'a health event was not written down'),
  });
  const localConfigurations = createLatestRecorder({
    write: (tunnelId, config) => recordLocalConfiguration(db, tunnelId, config),
    limit: MAX_WAITING_CONFIGURATION,
    onLost: (error, tunnelId) =>
      log.warn({ err: error, tunnelId }, "a connector's own configuration was not written down"),
  });
  return { connections, poolEvents, localConfigurations };
}

async function startApi(
  config: StartConfig,
  identity: EdgeIdentity,
  parts: InMemory & { db: Database; dataPlane: DataPlane },
  { server, address, serve, drain }: ApiServer,
  { log }: AppOptions,
) {
  const app = createHttp({
    auth: config.auth,
    access: parts.access,
    currency: parts.db,
    rateLimit:
      config.rateLimit === null
        ? null
        : createRateLimit({ limit: config.rateLimit, now: systemClock.monotonic }),
    pop: config.place.pop,
    log,
    server,
  });
  await serveOpenapi(app, VERSION);
  registerResources(app, { ...parts, settings: { ...config, location: LOCATION } });
  adminRoutes(app, {
    version: VERSION,
    edgeCa: () => identity.authority().caCertificate,
    edgeCaFile: identity.caFile,
    quickTunnels: config.auth.mode === 'any',
    dataPlane: parts.dataPlane,
    database: parts.db,
  });
  await app.ready();
  serve(app.routing);
  log.info({ api: address }, 'Server listening');
  return {
    address: hostPort(address.host, address.port),
    close: (graceMs: number) => drain(() => closeApi(app), graceMs),
  };
}
