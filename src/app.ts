import type { Logger } from 'pino';
import type { StartConfig } from './config/start-config.js';
import type { DataPlane } from './live/data-plane.js';
import { startDataPlaneWorker } from './live/data-plane-worker.js';
import { createPublisher } from './live/publisher.js';
import { hostPort } from './net/ip.js';
import { liveLoaders, registerResources } from './resources/index.js';
import { loadDelta } from './resources/live.js';
import { type Seeded, seed } from './resources/seed.js';
import { claimDataDir } from './storage/data-dir.js';
import { type Database, openDatabase } from './storage/database.js';
import { currentRevision } from './storage/revisions.js';
import { VERSION } from './version.js';
import { createHttp } from './wire/http.js';
import { serveOpenapi } from './wire/openapi.js';

/** A running Offramp. */
export interface Offramp extends Seeded {
  readonly apiUrl: string;
  /** `host:port` for tunnel connectors. */
  readonly edge: string;
  /** `host:port` for HTTP traffic. */
  readonly http: string;
  /** Stops accepting, lets what is under way end, closes everything. */
  close(): Promise<void>;
}

/** How long the answer to a write waits for the data plane to follow. */
const READ_YOUR_WRITES_MS = 250;

/** Puts the parts together and starts them: storage, data plane, API. */
export async function startApp(
  config: StartConfig,
  log: Logger,
  onFailure: (error: Error) => void,
): Promise<Offramp> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const embedded = config.databaseUrl === null;
    const dataDir = config.dataDir === null ? null : await claimDataDir(config.dataDir);
    if (dataDir) closers.push(dataDir.release);
    const db = await openDatabase({
      url: config.databaseUrl,
      dataDir: embedded && dataDir ? `${dataDir.path}/database` : null,
    });
    closers.push(db.close);
    const seeded = await seed(db, config);
    const dataPlane = await startDataPlane(config, db, log, onFailure);
    closers.push(() => dataPlane.drain(config.drainMs));
    const api = await startApi(config, { db, dataPlane }, log);
    closers.push(api.close);
    return {
      ...seeded,
      apiUrl: `http://${api.address}/client/v4`,
      edge: hostPort(dataPlane.edge.host, dataPlane.edge.port),
      http: hostPort(dataPlane.http.host, dataPlane.http.port),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startDataPlane(
  config: StartConfig,
  db: Database,
  log: Logger,
  onFailure: (error: Error) => void,
): Promise<DataPlane> {
  const dataPlane = await startDataPlaneWorker({
    script: new URL('./data-plane.js', import.meta.url),
    workerData: { edge: config.edge, http: config.http },
    log,
    onApplied: (revision) => publisher.applied(revision),
    onConnection: () => undefined,
    onFailure,
  });
  const publisher = createPublisher({
    load: (wanted) => loadDelta(liveLoaders, db.read, wanted),
    send: dataPlane.configure,
    log,
    patienceMs: READ_YOUR_WRITES_MS,
  });
  await publisher.start(await currentRevision(db.read));
  db.onCommit(({ revision, changes }) => publisher.publish(revision, changes));
  return dataPlane;
}

async function startApi(config: StartConfig, parts: { db: Database; dataPlane: DataPlane }, log: Logger) {
  const app = createHttp({ auth: config.auth, pop: config.pop, log });
  await serveOpenapi(app, VERSION);
  registerResources(app, { ...parts, settings: { ...config, location: 'Local, XX' } });
  await app.listen(config.api);
  const { port } = app.server.address() as { port: number };
  return { address: hostPort(config.api.host, port), close: () => app.close() };
}
