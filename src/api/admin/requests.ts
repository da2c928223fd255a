import { z } from 'zod';
import type { DataPlane } from '../../bridge/data-plane.js';
import type { FoundRequests, RequestFilter, RequestReport } from '../../bridge/reports.js';
import { canonicalHost } from '../../net/hostnames.js';
import { ok } from '../envelope.js';
import type { Http } from '../http.js';
import { moment } from '../timestamps.js';
import { asked } from './asked.js';
import { canonicalIp, words } from './query.js';
import { snakeCased, snakeName } from './snake-case.js';
import type { Await } from './waiting.js';
import { USUAL_LIMIT, USUAL_TIMEOUT_MS, whole } from './whole.js';

/** What the log of requests holds. */
const MAX_WAITED_FOR = 10_000;

/** What they are looked up by. */
export const requestsQuery = z.strictObject({
  load_balancer: words.optional(),
  pool: words.optional(),
  origin: words.optional(),
  host: words.optional(),
  method: words.optional(),
  path: words.optional(),
  status: whole(100, 599).optional(),
  ray: words.optional(),
  client_ip: canonicalIp.optional(),
  since: moment.optional(),
  limit: whole(0, 1000).optional(),
  wait: whole(0, MAX_WAITED_FOR).optional(),
  timeout_ms: whole(0, 60_000).optional(),
});

const PATH = '/_offramp/requests';

/** `/_offramp/requests`: the last requests that came in for traffic, newest first. See docs/explain.md. */
export function requestRoutes(app: Http, dataPlane: Pick<DataPlane, 'ask'>, awaitFitting: Await): void {
  app.get(PATH, { schema: { hide: true, querystring: requestsQuery } }, async ({ query: sent, raw }) => {
    const filter = requestFilter(sent);
    const { wait: wanted = 0, timeout_ms: timeoutMs = USUAL_TIMEOUT_MS } = sent;
    const look = (after: number) => asked(dataPlane, 'count_requests', { filter, after });
    if (wanted > 0) await awaitFitting(look, { wanted, timeoutMs, socket: raw.socket });
    return foundRequests(await asked(dataPlane, 'requests', filter));
  });

  app.delete(PATH, { schema: { hide: true } }, async () => {
    await asked(dataPlane, 'forget_requests', null);
    return ok({});
  });
}

export const requestFilter = (wanted: z.output<typeof requestsQuery>): RequestFilter => ({
  loadBalancer: wanted.load_balancer ?? null,
  pool: wanted.pool ?? null,
  origin: wanted.origin ?? null,
  host: wanted.host === undefined ? null : canonicalHost(wanted.host),
  method: wanted.method?.toUpperCase() ?? null,
  path: wanted.path ?? null,
  status: wanted.status ?? null,
  ray: wanted.ray ?? null,
  clientIp: wanted.client_ip ?? null,
  since: wanted.since?.getTime() ?? null,
  limit: wanted.limit ?? USUAL_LIMIT,
});

/** As clients see them. */
export const foundRequests = ({ count, requests, nearest }: FoundRequests) => ({
  count,
  requests: requests.map(view),
  nearest: nearest.map(({ request, differs }) => ({ differs: differs.map(snakeName), ...view(request) })),
});

const view = ({ at, ...rest }: RequestReport) => ({
  at: new Date(at).toISOString(),
  ...(snakeCased(rest) as object),
});
