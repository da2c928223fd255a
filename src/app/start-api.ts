import { once } from 'node:events';
import type { Logger } from 'pino';
import { type AnalyticsParts, analyticsRoutes } from '../analytics/routes.js';
import type { ClockControl } from '../api/admin/clock.js';
import type { FaultBook } from '../api/admin/faults/fault-book.js';
import type { MetricsText } from '../api/admin/metrics.js';
import { adminRoutes } from '../api/admin/routes.js';
import type { TestControl } from '../api/admin/test-control.js';
import type { ApiFaults } from '../api/api-faults.js';
import type { ApiServer } from '../api/api-server.js';
import type { CallLog } from '../api/call-log.js';
import { createHttp, type Http } from '../api/http.js';
import { serveOpenapi } from '../api/openapi.js';
import type { RateLimit } from '../api/rate-limit.js';
import type { DataPlane } from '../bridge/data-plane.js';
import type { StartConfig } from '../config/start-config.js';
import { VERSION } from '../config/version.js';
import type { ApiCounts } from '../metrics/api-counts.js';
import { hostPort } from '../net/addresses.js';
import { randomOf } from '../net/random.js';
import type { Context } from '../resources/context.js';
import type { FirstAccount } from '../resources/first-account.js';
import { registerResources } from '../resources/index.js';
import type { EdgeIdentity } from './edge-identity.js';
import { guardOf } from './open-storage.js';
import { STAND_IN_HOST, type StandIn } from './stand-in.js';

/** Fastify does not close a server that it was given. */
async function closeApi(app: Http): Promise<void> {
  const closed = once(app.server, 'close');
  app.server.close();
  await app.close();
  await closed;
}

export interface ApiParts {
  readonly dataPlane: DataPlane;
  readonly first: FirstAccount;
  readonly rateLimit: RateLimit | null;
  readonly apiFaults: ApiFaults;
  readonly faultBook: FaultBook;
  readonly testControl: TestControl;
  readonly calls: CallLog;
  readonly clockControl: ClockControl;
  readonly metrics: MetricsText;
  readonly onAnswered: ApiCounts['answered'];
}

/** Puts the operations together and gives them to the listeners; answers where the API is, and how it ends. */
export async function startApi(
  config: StartConfig,
  identity: EdgeIdentity,
  parts: Context & ApiParts & Pick<AnalyticsParts, 'traffic'>,
  { server, address, serve, drain }: ApiServer,
  standIn: StandIn | null,
  log: Logger,
) {
  const app = createHttp({
    auth: config.auth,
    access: parts.access,
    currency: parts.db,
    rateLimit: parts.rateLimit,
    faults: parts.apiFaults,
    pop: config.place.pop,
    random: randomOf(config.randomSeed, 'API'),
    clock: parts.clock,
    calls: parts.calls,
    log,
    server,
    onAnswered: parts.onAnswered,
  });
  serveOpenapi(app, {
    version: VERSION,
    shown: { ...parts.first, anyCredential: config.auth.mode === 'any' },
  });
  registerResources(app, parts);
  analyticsRoutes(app, { ...parts, place: config.place });
  adminRoutes(app, {
    version: VERSION,
    edgeCa: () => identity.authority().caCertificate,
    edgeCaFile: identity.caFile,
    standIn: standIn && { ...standIn.server.address, caBundle: standIn.bundleFile },
    quickTunnels: config.auth.mode === 'any',
    dataPlane: parts.dataPlane,
    database: parts.db,
    testControl: parts.testControl,
    calls: parts.calls,
    clock: parts.clockControl,
    faultBook: parts.faultBook,
    metrics: parts.metrics,
  });
  await app.ready();
  serve(guardOf(config)(app.routing));
  standIn?.server.serve(guardOf(config, [STAND_IN_HOST])(app.routing));
  log.info({ api: address }, 'Server listening');
  return {
    address: hostPort(address.host, address.port),
    async close(graceMs: number) {
      await Promise.all([
        drain(() => closeApi(app), graceMs),
        standIn?.server.drain(async () => void standIn.server.server.close(), graceMs),
      ]);
    },
  };
}
