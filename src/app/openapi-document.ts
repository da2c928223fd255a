import { pino } from 'pino';
import { NO_TOKENS } from '../api/access.js';
import { type AdminOptions, adminRoutes } from '../api/admin/routes.js';
import { EARLIEST_API_DATE } from '../api/api-changes.js';
import { createHttp, type Http } from '../api/http.js';
import { serveOpenapi } from '../api/openapi.js';
import { VERSION } from '../config/version.js';
import { realTime } from '../net/clock.js';
import { systemRandom } from '../net/random.js';
import type { Context } from '../resources/context.js';
import { registerResources } from '../resources/index.js';

/** The OpenAPI document of the whole API, made from the routes alone: nothing is started. */
export async function openapiDocument(): Promise<object> {
  const app = silentHttp();
  serveOpenapi(app, { version: VERSION });
  registerNouns(app);
  // Like the context of the nouns, what they work with is read by requests only.
  adminRoutes(app, {} as AdminOptions);
  await app.ready();
  return await app.openapi();
}

/** What is served at one path with one method. */
export interface ServedOperation {
  readonly method: string;
  /** `/zones/{zone_id}`, or `/_offramp/…`. */
  readonly path: string;
  /** Needs no credential. */
  readonly open: boolean;
  /** Takes every token, and nothing where every credential is good. */
  readonly documentation: boolean;
}

/** Every operation of the API and of `/_offramp`, made from the routes alone. HEAD goes with each GET, and is left out. */
export async function servedOperations(): Promise<ServedOperation[]> {
  const app = silentHttp();
  const found: ServedOperation[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    const path = url.replaceAll(/:(\w+)/g, '{$1}');
    for (const name of [method].flat())
      if (name !== 'HEAD')
        found.push({
          method: name,
          path,
          open: config?.open ?? false,
          documentation: config?.documentation ?? false,
        });
  });
  registerNouns(app);
  adminRoutes(app, {} as AdminOptions);
  await app.ready();
  // The rest is a door: a page for people, cloudflared's own call for a quick tunnel, and what supervisors look at.
  return found.filter(({ path }) => !['/', '/tunnel', '/healthz'].includes(path));
}

function registerNouns(app: Http): void {
  // Registering reads nothing more of the context; only requests would, and there are none.
  registerResources(app, {
    views: {},
    settings: { apiDate: EARLIEST_API_DATE, directNetworks: { named: [], dialled: [] } },
  } as unknown as Context);
}

function silentHttp(): Http {
  return createHttp({
    server: null,
    auth: { mode: 'any' },
    access: NO_TOKENS,
    currency: { isCurrent: () => true, whenCurrent: async () => undefined },
    rateLimit: null,
    faults: null,
    pop: 'LOC',
    random: systemRandom,
    clock: realTime,
    calls: null,
    log: pino({ level: 'silent' }),
  });
}
