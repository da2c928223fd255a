import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { DataPlane } from '../../live/data-plane.js';
import type { FoundRequests, RequestFilter, RequestReport } from '../../live/request-report.js';
import { canonicalHost } from '../../net/host.js';
import { ok } from '../envelope.js';
import type { Http } from '../http.js';
import { moment } from '../timestamps.js';
import { asked } from './asked.js';
import { canonicalIp, words } from './query.js';
import { snakeCased, snakeName } from './snake-case.js';

const whole = (least: number, most: number) =>
  z.coerce.number('must be a number').int('must be a whole number').min(least).max(most);

const query = z.strictObject({
  load_balancer: words.optional(),
  pool: words.optional(),
  origin: words.optional(),
  host: words.optional(),
  method: words.optional(),
  path: words.optional(),
  status: z.coerce.number('must be a status code').int().min(100).max(599).optional(),
  ray: words.optional(),
  client_ip: canonicalIp.optional(),
  since: moment.optional(),
  limit: whole(0, 1000).default(100),
  wait: whole(0, 10_000).default(0),
  timeout_ms: whole(0, 60_000).default(5_000),
});

/** Between two looks of who waits for requests. */
const LOOK_MS = 20;
const PATH = '/_offramp/requests';

/** `/_offramp/requests`: the last requests that load balancers served, newest first. See docs/explain.md. */
export function requestRoutes(app: Http, dataPlane: Pick<DataPlane, 'ask'>): void {
  app.get(PATH, { schema: { hide: true, querystring: query } }, async ({ query: wanted, raw }) => {
    const filter = filterOf(wanted);
    const onlyCount = { ...filter, limit: 0 };
    const end = performance.now() + wanted.timeout_ms;
    let enough = wanted.wait === 0;
    while (!enough && performance.now() < end && !raw.socket.destroyed) {
      enough = (await asked(dataPlane, 'requests', onlyCount)).count >= wanted.wait;
      if (!enough) await pause(LOOK_MS);
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
  limit: wanted.limit,
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
