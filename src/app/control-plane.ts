import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { createTrafficMinutes } from '../analytics/traffic-minutes.js';
import { createFaultBook } from '../api/admin/faults/fault-book.js';
import { createApiFaults } from '../api/api-faults.js';
import { createCallLog } from '../api/call-log.js';
import { createIdentifiers } from '../api/identifiers.js';
import { localCallersOnly } from '../api/local-callers.js';
import { createRateLimit } from '../api/rate-limit.js';
import type { DataPlane } from '../bridge/data-plane.js';
import { isLoopback, type StartConfig } from '../config/start-config.js';
import { VERSION } from '../config/version.js';
import { createWebhook } from '../control/notifications/webhook.js';
import { listenForMetrics } from '../metrics/metrics-listener.js';
import { hostPort } from '../net/addresses.js';
import { realTime } from '../net/clock.js';
import { watchDescriptors } from '../net/process-watch.js';
import { randomOf } from '../net/random.js';
import { createSettableClock } from '../net/settable-clock.js';
import { adoptUsers } from '../resources/accounts/operator.js';
import { quotaCheck } from '../resources/accounts/quotas/guard.js';
import { createDirectory } from '../resources/accounts/tokens/directory.js';
import { DEFINITIONS } from '../resources/definitions.js';
import { ensureFirst } from '../resources/first-account.js';
import { createViews } from '../resources/index.js';
import { lastVerdicts } from '../resources/load-balancing/events/store.js';
import { resetConnections } from '../resources/tunnels/store.js';
import { createHealthTable } from '../state/health-board.js';
import { claimDataDir } from '../storage/data-dir.js';
import { createTables } from '../storage/tables/tables.js';
import { createWriter } from '../storage/writer.js';
import { checkAccessLog } from './access-log-file.js';
import { loadApiCertificate } from './api-certificate.js';
import { type TokenMade, takeApiToken } from './api-token.js';
import { clockForLibrary, createClockControl } from './clock-control.js';
import { loadEdgeIdentity } from './edge-identity.js';
import { libraryControl } from './library-control.js';
import { createMetricsOfApp } from './metrics.js';
import type { Offramp } from './offramp.js';
import { type OpeningSockets, openSockets } from './open-sockets.js';
import { openStorage } from './open-storage.js';
import { prepareStandIn } from './stand-in.js';
import { startApi } from './start-api.js';
import { createRecorders, launchDataPlane } from './start-data-plane.js';
import { createTestControl } from './test-control.js';

export interface AppOptions {
  readonly log: Logger;
  /** What was opened before this file was loaded; without it the sockets are opened now. */
  readonly sockets?: OpeningSockets | undefined;
  /** Told what takes long, in words for a person. */
  readonly progress: (text: string) => void;
  /** Told of the token of the API when this start has made it. */
  readonly onTokenMade?: TokenMade;
  /** The data plane has died: nothing can go on. */
  readonly onFailure: (error: Error) => void;
}

/** The data plane's place in answers that name one. */
const LOCATION = 'Local, XX';

/** Milliseconds that a start waits until memory has been compared with the database. */
const CURRENT_MS = 5_000;

/** Puts the parts together and starts them: storage, data plane, API. What fails takes down what was started. */
export async function startApp(asked: StartConfig, options: AppOptions): Promise<Offramp> {
  let config = asked;
  const stopWatching = watchDescriptors(options.log);
  const closers: Closer[] = [async () => stopWatching()];
  let closed = false;
  /** What a test has asked for, which ends before the rest does. */
  let underControl: Promise<unknown> = Promise.resolve();
  async function controlled<T>(task: () => Promise<T>): Promise<T> {
    if (closed) throw new Error('this Offramp is closed, or closes: nothing can be done to it any more');
    const one = task();
    underControl = Promise.allSettled([underControl, one]);
    return await one;
  }
  const close = async () => {
    closed = true;
    await underControl;
    await closeAll(closers.splice(0).reverse(), config.drainMs, options.log);
  };
  let opening = options.sockets ?? null;
  try {
    // A standby takes no address before it has the database.
    if (!config.standby) opening ??= openSockets(config, options.log);
    if (config.accessLog?.file) checkAccessLog(config.accessLog.file);
    const metrics = createMetricsOfApp(VERSION);
    closers.push(async () => metrics.stop());
    const openMetrics = async () => {
      if (config.metrics === null) return null;
      // No web page of a stranger shall read names through the browser of somebody on this machine.
      const guarded = isLoopback(config.metrics.host)
        ? localCallersOnly
        : (handler: RequestListener) => handler;
      const listener = await listenForMetrics(config.metrics, guarded);
      closers.push(listener.close);
      return listener;
    };
    let metricsListener = config.standby ? null : await openMetrics();
    const dataDir = config.dataDir === null ? null : await claimDataDir(config.dataDir);
    if (dataDir) closers.push(dataDir.release);
    const { log } = options;
    const clock = createSettableClock();
    if (dataDir?.warning) log.warn({}, dataDir.warning);
    const token = await takeApiToken(config, dataDir?.path ?? null, (value, file) => {
      log.warn({ file }, 'api: no token was given, so one was made; "offramp env" on this machine prints it');
      options.onTokenMade?.(value, file);
    });
    config = { ...config, auth: token.auth };
    const identity = await loadEdgeIdentity(dataDir?.path ?? null, { clock, log, caOut: config.edgeCaOut });
    closers.push(identity.release);
    const certificate =
      config.apiTls &&
      (await loadApiCertificate(config.apiTls, { host: config.api.host, identity, clock, log }));
    if (certificate) closers.push(async () => certificate.stop());
    const seed = config.seed === null ? null : await (await import('../seed/begin.js')).openSeed(config.seed);
    // A port that is taken is told before anything long is begun.
    await opening?.opened;
    const db = await openStorage(config, dataDir, certificate, options);
    closers.push(db.close);
    const recorders = createRecorders(db, clock, options.log);
    closers.push(...Object.values(recorders).map(({ settled }) => settled));
    closers.push(async () => db.drain());
    const left = {
      awaitedTunnels: await resetConnections(db.read, new Date(clock.now())),
      storedHealth: await lastVerdicts(db.read),
    };
    const health = createHealthTable();
    const tables = createTables(DEFINITIONS);
    const views = createViews(tables.world, health);
    const access = createDirectory(tables.world, recorders.tokenUses.record);
    const webhook = config.notify && createWebhook({ ...config.notify, log: options.log });
    if (webhook) closers.push(webhook.drain);
    const following = { tables, views, health, webhook };
    opening ??= openSockets(config, options.log);
    metricsListener ??= await openMetrics();
    const sockets = await opening.opened;
    certificate?.follow(sockets.api.useCertificate);
    const standIn = sockets.standIn && (await prepareStandIn(sockets.standIn, { identity, clock, log }));
    const { dataPlane, committed, lag } = await launchDataPlane({
      config,
      identity,
      sockets,
      db,
      left,
      recorders,
      following,
      counts: metrics.connections,
      clock,
      log: options.log,
      onFailure: options.onFailure,
    });
    closers.push(dataPlane.drain);
    const ids = createIdentifiers(randomOf(config.randomSeed, 'identifiers'));
    const write = createWriter({
      tables,
      commits: db,
      committed,
      verify: quotaCheck(config.quotas),
      clock,
      ids,
    });
    const settings = { ...config, location: LOCATION };
    const seeding = { settings, first: config };
    const first = await (seed
      ? seed.begin(write, tables.world, { now: new Date(clock.now()), ids }, seeding)
      : write((draft) => ensureFirst(draft, config)));
    await adoptUsers(write, config.auth);
    const rateLimit =
      config.rateLimit === null ? null : createRateLimit({ limit: config.rateLimit, now: clock.monotonic });
    const recorded = () => Promise.all(Object.values(recorders).map(({ settled }) => settled()));
    const traffic = createTrafficMinutes(clock, async () => (await dataPlane.ask('metrics', null)).requests);
    closers.push(async () => traffic.stop());
    const clockControl = createClockControl({ clock, dataPlane, recorded, around: traffic.moved });
    const calls = createCallLog();
    const apiFaults = createApiFaults(clock);
    const faultBook = createFaultBook(dataPlane, apiFaults);
    const testControl = createTestControl({
      allowed: config.testControl,
      write,
      world: tables.world,
      db,
      dataPlane,
      recorded,
      rateLimit,
      calls,
      traffic,
      apiFaults,
      clock: clockControl,
      first,
      seed: seed?.file ?? null,
      settings,
    });
    // One that is under way ends before the parts that it needs.
    closers.push(testControl.settled);
    identity.onRenewed(dataPlane.useCertificate);
    const metricsText = metrics.textOf({
      world: tables.world,
      health,
      dataPlane,
      revisions: lag.read,
      databaseUp: db.isCurrent,
    });
    const api = await startApi(
      config,
      identity,
      {
        db,
        world: tables.world,
        write,
        views,
        health,
        access,
        dataPlane,
        clock,
        ids,
        first,
        settings,
        rateLimit,
        testControl,
        clockControl,
        calls,
        traffic,
        apiFaults,
        faultBook,
        metrics: metricsText,
        onAnswered: metrics.api.answered,
      },
      sockets.api,
      standIn,
      options.log,
    );
    closers.push(api.close);
    if (metricsListener) {
      metricsListener.serve(metricsText);
      // Before the data plane, without which there is half of it.
      closers.push(metricsListener.close);
    }
    // Who is told that it is ready finds what is newest. A database that has gone meanwhile is waited for when somebody asks.
    await db.whenCurrent(CURRENT_MS).catch(() => undefined);
    return {
      ...first,
      apiUrl: `${certificate ? 'https' : 'http'}://${api.address}/client/v4`,
      apiTokenFile: token.file,
      edge: hostPort(dataPlane.edge.host, dataPlane.edge.port),
      edgeCa: identity.caFile,
      standIn: standIn && hostPort(standIn.server.address.host, standIn.server.address.port),
      http: hostPort(dataPlane.http.host, dataPlane.http.port),
      https: hostPort(dataPlane.https.host, dataPlane.https.port),
      ...onRampsOf(dataPlane),
      ...libraryControl({ testControl, faultBook, dataPlane, run: controlled }),
      clock: clockForLibrary(clockControl, controlled),
      metrics: metricsListener && hostPort(metricsListener.address.host, metricsListener.address.port),
      reopenLogs: dataPlane.reopenLogs,
      close,
    };
  } catch (error) {
    // First what runs already: a data plane whose thread is gone would be a failure of its own.
    await close();
    await opening?.close();
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
  const end = realTime.monotonic() + graceMs;
  for (const closer of closers) {
    await closer(Math.max(0, end - realTime.monotonic())).catch((error: Error) =>
      log.error({ err: error }, 'a part did not close as it should'),
    );
  }
}
