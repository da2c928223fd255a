import { z } from 'zod';
import type { DataPlane } from '../../live/data-plane.js';
import type { FoundRequests, RequestFilter, RequestReport } from '../../live/request-report.js';
import { canonicalHost } from '../../net/host.js';
import { realTime } from '../../net/real-time.js';
import { ok } from '../envelope.js';
import { ApiError } from '../errors.js';
import type { Http } from '../http.js';
import { moment } from '../timestamps.js';
import { asked } from './asked.js';
import { canonicalIp, words } from './query.js';
import { snakeCased, snakeName } from './snake-case.js';

const whole = (least: number, most: number) =>
  z
    .string(`must be given once, as a whole number from ${least} to ${most}`)
    .regex(/^\d{1,6}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

/** What the log of requests holds. */
const MAX_WAITED_FOR = 10_000;

const query = z.strictObject({
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

const USUAL_LIMIT = 100;
const USUAL_TIMEOUT_MS = 5_000;
/** Between two looks of who waits for requests. */
const LOOK_MS = 40;
/** Clients that wait at once. */
const MAX_WAITING = 100;
const PATH = '/_offramp/requests';

/** `/_offramp/requests`: the last requests that came in for traffic, newest first. See docs/explain.md. */
export function requestRoutes(app: Http, dataPlane: Pick<DataPlane, 'ask'>): void {
  let waiting = 0;

  /** Resolves when so many requests fit, or `isOver`. Each look is at what has come since the one before. */
  async function awaitRequests(filter: RequestFilter, wanted: number, isOver: () => boolean): Promise<void> {
    let [after, found] = [0, 0];
    while (!isOver()) {
      const { count, added, cleared } = await asked(dataPlane, 'count_requests', { filter, after });
      found = cleared > after ? count : found + count;
      after = added;
      if (found >= wanted) return;
      await realTime.wait(LOOK_MS, { keepsAlive: true });
    }
  }

  app.get(PATH, { schema: { hide: true, querystring: query } }, async ({ query: wanted, raw }) => {
    const filter = filterOf(wanted);
    const end = realTime.monotonic() + (wanted.timeout_ms ?? USUAL_TIMEOUT_MS);
    if (wanted.wait) {
      if (waiting >= MAX_WAITING)
        throw new ApiError('overloaded', `${waiting} clients wait for requests already, and no more may`);
      waiting += 1;
      const isOver = () => realTime.monotonic() >= end || raw.socket.destroyed;
      await awaitRequests(filter, wanted.wait, isOver).finally(() => {
        waiting -= 1;
      });
    }
    return toWire(await asked(dataPlane, 'requests', filter));
  });

  app.delete(PATH, { schema: { hide: true } }, async () => {
    await asked(dataPlane, 'forget_requests', null);
    return ok({});
  });
}

const filterOf = (wanted: z.output<typeof query>): RequestFilter => ({
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

const toWire = ({ count, requests, nearest }: FoundRequests) => ({
  count,
  requests: requests.map(view),
  nearest: nearest.map(({ request, differs }) => ({ differs: differs.map(snakeName), ...view(request) })),
});

const view = ({ at, ...rest }: RequestReport) => ({
  at: new Date(at).toISOString(),
  ...(snakeCased(rest) as object),
});
