import { pino } from 'pino';
import { VERSION } from './config/version.js';
import { createHealthTable } from './live/health-table.js';
import type { Context } from './resources/context.js';
import { createCommittedNouns, registerResources } from './resources/index.js';
import { NO_TOKENS } from './wire/access.js';
import { EARLIEST_API_DATE } from './wire/api-changes.js';
import { createHttp } from './wire/http.js';
import { serveOpenapi } from './wire/openapi.js';

/** The OpenAPI document of the whole API, made from the routes alone: nothing is started. */
export async function openapiDocument(): Promise<object> {
  const app = createHttp({
    server: null,
    auth: { mode: 'any' },
    access: NO_TOKENS,
    currency: { isCurrent: () => true, whenCurrent: async () => undefined },
    rateLimit: null,
    pop: 'LOC',
    log: pino({ level: 'silent' }),
  });
  await serveOpenapi(app, VERSION);
  // Registering reads nothing more of the context; only requests would, and there are none.
  registerResources(app, {
    committed: createCommittedNouns(createHealthTable()),
    settings: { apiDate: EARLIEST_API_DATE },
  } as Context);
  await app.ready();
  return app.swagger();
}
