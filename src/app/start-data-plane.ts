import type { Logger } from 'pino';
import { type ConnectionEvent, type DataPlane, startDataPlaneWorker } from '../bridge/data-plane.js';
import type { DataPlaneOptions } from '../bridge/data-plane-thread.js';
import type { PoolEvent } from '../bridge/messages.js';
import type { StartConfig } from '../config/start-config.js';
import { createNotifications } from '../control/notifications/notifications.js';
import type { Webhook } from '../control/notifications/webhook.js';
import { createPublisher } from '../control/publisher.js';
import { createRevisionLag, type RevisionLag } from '../control/revision-lag.js';
import type { ConnectionCounts } from '../metrics/control-plane-samples.js';
import type { Clock } from '../net/clock.js';
import { noteUse } from '../resources/accounts/tokens/definition.js';
import type { Views } from '../resources/context.js';
import type { WorkingTables } from '../resources/definitions.js';
import { liveDelta } from '../resources/live.js';
import { record as recordPoolEvent } from '../resources/load-balancing/events/store.js';
import { tunnelStatus } from '../resources/tunnels/answers.js';
import { recordConnection, recordLocalConfiguration } from '../resources/tunnels/store.js';
import type { HealthTable } from '../state/health-board.js';
import type { Database } from '../storage/database.js';
import { createLatestRecorder, type LatestRecorder } from '../storage/latest-recorder.js';
import { createRecorder, type Recorder } from '../storage/recorder.js';
import { currentPosition } from '../storage/revisions.js';
import type { CommittedBatch } from '../storage/writer.js';
import type { EdgeIdentity } from './edge-identity.js';
import type { OpenSockets } from './open-sockets.js';

/** How long the answer to a write waits for the data plane to follow. */
const READ_YOUR_WRITES_MS = 250;
/** Connections come and go by the hundred when a network breaks; the times of more at once are left out. */
const MAX_WAITING_EVENTS = 10_000;
/** Each may name a hundred origins. */
const MAX_WAITING_POOL_EVENTS = 1_000;
/** One may have a million characters; a thousand of the usual size have fewer. */
const MAX_WAITING_CONFIGURATION = 64 * 1024 * 1024;
/** Characters: 24 for each of as many tokens as there can be. */
const MAX_WAITING_USES = 24 * 10_000;
/** What follows each commit in this process. */
export interface InMemory {
  readonly tables: WorkingTables;
  readonly views: Pick<Views, 'pools'>;
  /** What checks have found, which answers about pools show. */
  readonly health: HealthTable;
}

export interface Following {
  readonly dataPlane: DataPlane;
  /** Tells the data plane and the notifications of revisions that memory shows. */
  readonly committed: (batch: CommittedBatch) => Promise<void>;
  readonly lag: Pick<RevisionLag, 'read'>;
}

export interface LaunchParts {
  readonly config: StartConfig;
  readonly identity: EdgeIdentity;
  readonly sockets: OpenSockets;
  readonly db: Database;
  /** What the last process has left in the database. */
  readonly left: Pick<DataPlaneOptions, 'awaitedTunnels' | 'storedHealth'>;
  readonly recorders: Recorders;
  readonly following: InMemory & { readonly webhook: Webhook | null };
  /** Of connections that come and go. */
  readonly counts: Pick<ConnectionCounts, 'add'>;
  /** What is written down is dated by it. */
  readonly clock: Clock;
  readonly log: Logger;
  /** The data plane has died: nothing can go on. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Starts the data plane with everything that is stored, and lets it, memory and the notifications follow each commit from
 * then on. What the data plane tells goes to the recorders.
 */
export async function launchDataPlane(parts: LaunchParts): Promise<Following> {
  const { config, identity, sockets, db, left, recorders, counts, clock, log, onFailure } = parts;
  const { tables, views, health, webhook } = parts.following;
  const position = await currentPosition(db.read);
  const loaded = await tables.load(db.read, null);
  tables.apply(loaded);
  const everything = liveDelta(loaded, true);
  const notifications =
    webhook &&
    createNotifications({
      everything,
      awaitedTunnels: left.awaitedTunnels,
      clock,
      tunnelStatus: (id) => tunnelStatus(dataPlane.connections(id), true),
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
    passiveHealthMs: config.passiveHealthMs,
    privateNetwork: config.privateNetwork,
    place: config.place,
    randomSeed: config.randomSeed,
    locations: config.locations,
    locationHeader: config.locationHeader,
    originTls: config.originTls,
    directNetworks: config.directNetworks.dialled,
    sessionKey: identity.sessionKey,
    alwaysUseHttps: config.alwaysUseHttps,
    logLevel: config.logLevel,
    accessLog: config.accessLog,
    tracing: config.tracing,
    ...left,
    configuration: { revision: position.revision, ...everything },
  };

  const dataPlane = await startDataPlaneWorker({
    thread: sockets.dataPlane,
    start,
    onApplied(applied) {
      lag.applied(applied);
      publisher.applied(applied);
    },
    onConnection(event) {
      const { type, connection } = event;
      const tunnel = tables.world.tunnels.get(connection.tunnelId)?.name;
      if (tunnel) counts.add(type === 'connection_opened' ? 'opened' : 'closed', tunnel);
      recorders.connections.record(event);
      notifications?.connectionChanged(event.connection.tunnelId);
    },
    onLocalConfiguration: recorders.localConfigurations.record,
    onHealthShown: (changes) => views.pools.refresh(health.apply(changes)),
    onPoolEvent(event) {
      recorders.poolEvents.record(event);
      notifications?.poolEvent(event);
    },
    onMonitorEvent: (event) => notifications?.monitorEvent(event),
    onFailure,
  });
  notifications?.started();
  const lag = createRevisionLag(position.revision);
  const publisher = createPublisher({
    send(delta) {
      lag.committed(delta.revision);
      dataPlane.configure(delta);
    },
    log,
    patienceMs: READ_YOUR_WRITES_MS,
  });
  const committed = ({ revision, writes, changed }: CommittedBatch) => {
    for (const write of notifications ? writes : []) notifications?.committed(liveDelta(write, false));
    return publisher.publish({ revision, ...liveDelta(changed, false) });
  };
  db.onCommit(async (client, { revision, changes }) => {
    const changed = await tables.load(client, changes);
    // Here, where what cannot be read changes nothing yet.
    const delta = liveDelta(changed, changes === null);
    return () => {
      tables.apply(changed);
      notifications?.committed(delta);
      return publisher.publish({ revision, ...delta });
    };
  }, position);
  return { dataPlane, committed, lag };
}

export interface Recorders {
  readonly connections: Recorder<ConnectionEvent>;
  readonly poolEvents: Recorder<PoolEvent>;
  /** By tunnel. */
  readonly localConfigurations: LatestRecorder;
  /** By token: RFC 3339. */
  readonly tokenUses: LatestRecorder;
}

/** What the data plane tells, and requests of the API by the way, and the database keeps. */
export function createRecorders(db: Database, clock: Clock, log: Logger): Recorders {
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
    write: (tunnelId, config) => {
      const now = new Date(clock.now());
      return db.record((client) => recordLocalConfiguration(client, tunnelId, config, now));
    },
    limit: MAX_WAITING_CONFIGURATION,
    onLost: (error, tunnelId) =>
      log.warn({ err: error, tunnelId }, "a connector's own configuration was not written down"),
  });
  const tokenUses = createLatestRecorder({
    write: (tokenId, at) => db.record((client) => noteUse(client, tokenId, new Date(at))),
    limit: MAX_WAITING_USES,
    onLost: (error, tokenId) => log.warn({ err: error, tokenId }, 'the use of a token was not written down'),
  });
  return { connections, poolEvents, localConfigurations, tokenUses };
}
