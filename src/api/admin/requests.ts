import { z } from 'zod';
import type { DataPlane } from '../../live/data-plane.js';
import type { RequestReport } from '../../live/request-report.js';
import { canonicalHost } from '../../net/host.js';
import type { Http } from '../http.js';
import { moment } from '../timestamps.js';
import { asked } from './asked.js';
import { canonicalIp, words } from './query.js';
import { snakeCased } from './snake-case.js';

const query = z.strictObject({
  load_balancer: words.optional(),
  pool: words.optional(),
  origin: words.optional(),
  host: words.optional(),
  status: z.coerce.number('must be a status code').int().min(100).max(599).optional(),
  ray: words.optional(),
  client_ip: canonicalIp.optional(),
  since: moment.optional(),
  limit: z.coerce.number('must be a number').int().min(1).max(1000).default(100),
});

/** `GET /_offramp/requests`: the last requests that load balancers served, newest first. */
export function requestRoutes(app: Http, dataPlane: Pick<DataPlane, 'ask'>): void {
  app.get('/_offramp/requests', { schema: { hide: true, querystring: query } }, async ({ query: wanted }) => {
    const reports = await asked(dataPlane, 'requests', {
      loadBalancer: wanted.load_balancer ?? null,
      pool: wanted.pool ?? null,
      origin: wanted.origin ?? null,
      host: wanted.host === undefined ? null : canonicalHost(wanted.host),
      status: wanted.status ?? null,
      ray: wanted.ray ?? null,
      clientIp: wanted.client_ip ?? null,
      since: wanted.since?.getTime() ?? null,
      limit: wanted.limit,
    });
    return { requests: reports.map(view) };
  });
}

const view = ({ at, ...rest }: RequestReport) => ({
  at: new Date(at).toISOString(),
  ...(snakeCased(rest) as object),
});
