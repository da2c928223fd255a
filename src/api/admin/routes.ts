import type { DataPlane } from '../../bridge/data-plane.js';
import type { Database } from '../../storage/database.js';
import type { CallLog } from '../call-log.js';
import type { Http } from '../http.js';
import { callRoutes } from './calls.js';
import { type ClockControl, clockRoutes } from './clock.js';
import { explainRoutes } from './explain.js';
import type { FaultBook } from './faults/fault-book.js';
import { faultRoutes } from './faults/routes.js';
import { type MetricsText, metricsRoute } from './metrics.js';
import { onRampRoutes } from './on-ramps.js';
import { quickTunnelRoutes } from './quick-tunnels.js';
import { requestRoutes } from './requests.js';
import { seedRoutes } from './seed.js';
import { snapshotRoutes } from './snapshot.js';
import { type TestControl, testControlRoutes } from './test-control.js';
import { createAwait } from './waiting.js';

export interface AdminOptions {
  readonly version: string;
  /** PEM of the CA that signed the edge's certificate. */
  readonly edgeCa: () => string;
  readonly edgeCaFile: string;
  /** Where the API is served under Cloudflare's host name; null where it is not. */
  readonly standIn: { readonly host: string; readonly port: number; readonly caBundle: string } | null;
  /** Whoever asks gets a tunnel for a while. */
  readonly quickTunnels: boolean;
  readonly database: Pick<Database, 'isCurrent'>;
  readonly testControl: TestControl;
  readonly calls: CallLog;
  readonly clock: ClockControl;
  readonly faultBook: FaultBook;
  readonly metrics: MetricsText;
  readonly dataPlane: Pick<DataPlane, 'edge' | 'http' | 'https' | 'onRamps' | 'ask' | 'connections'>;
}

const config = { open: true } as const;

const AWAY =
  'the database is not available, or not compared with memory yet: traffic goes on, and changes are refused';

/** What a person or a supervisor asks Offramp itself, under `/_offramp`. */
export function adminRoutes(
  app: Http,
  {
    version,
    edgeCa,
    edgeCaFile,
    standIn,
    quickTunnels,
    database,
    dataPlane,
    testControl,
    calls,
    faultBook,
    clock,
    metrics,
  }: AdminOptions,
): void {
  const awaitFitting = createAwait();
  requestRoutes(app, dataPlane, awaitFitting);
  callRoutes(app, calls, awaitFitting);
  explainRoutes(app, dataPlane);
  quickTunnelRoutes(app, dataPlane, quickTunnels);

  // Who opens the address in a browser wants to know what this is.
  app.get('/', { config, schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));

  app.get('/_offramp/health', { config, schema: { hide: true } }, async () => ({
    status: 'ok',
    version,
    database: database.isCurrent() ? 'ok' : 'unavailable',
    services: {
      edge: dataPlane.edge,
      edge_ca: edgeCaFile,
      stand_in: standIn && { host: standIn.host, port: standIn.port, ca_bundle: standIn.caBundle },
      http: dataPlane.http,
      https: dataPlane.https,
      dns: dataPlane.onRamps.dns,
    },
  }));

  // For supervisors: whether to send work here, and whether to start it anew.
  app.get('/_offramp/ready', { config, schema: { hide: true } }, async (_request, reply) =>
    database.isCurrent()
      ? { ready: true, reason: null }
      : reply.code(503).send({ ready: false, reason: AWAY }),
  );
  app.get('/healthz', { config, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain').send('ok\n'),
  );

  app.get('/_offramp/ca.pem', { config, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/x-pem-file').send(edgeCa()),
  );

  metricsRoute(app, metrics);
  onRampRoutes(app, dataPlane);

  app.get('/_offramp/openapi.json', { config: { documentation: true }, schema: { hide: true } }, async () =>
    app.openapi(),
  );

  faultRoutes(app, faultBook, testControl);
  testControlRoutes(app, testControl);
  snapshotRoutes(app, version, testControl);
  seedRoutes(app, testControl);
  clockRoutes(app, clock, testControl);
}
