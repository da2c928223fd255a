import { createHash } from 'node:crypto';
import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import * as schema from './schema.js';

/** Where requests to origins come from: there is no network in front of Offramp, only the machine it runs on. */
const RANGES = { ipv4_cidrs: ['127.0.0.0/8'], ipv6_cidrs: ['::1/128'] };
const PARTNER_RANGES = { ...RANGES, jdcloud_cidrs: [] };

const withEtag = <T extends object>(ranges: T) => ({
  etag: createHash('sha256').update(JSON.stringify(ranges)).digest('hex').slice(0, 32),
  ...ranges,
});

export function ipsRoutes(app: Http): void {
  app.get(
    '/ips',
    {
      config: { open: true },
      schema: {
        tags: ['IP ranges'],
        summary: 'List the ranges that requests to origins come from',
        security: [],
        querystring: schema.query,
        response: { 200: successOf(schema.ranges), ...failures },
      },
    },
    async ({ query }) => ok(withEtag(query.networks === 'jdcloud' ? PARTNER_RANGES : RANGES)),
  );
}
