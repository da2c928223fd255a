import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';

/** Where requests to origins come from: there is no network in front of Offramp, only the machine it runs on. */
const RANGES = { ipv4_cidrs: ['127.0.0.0/8'], ipv6_cidrs: ['::1/128'] };
const PARTNER_RANGES = { ...RANGES, jdcloud_cidrs: [] };

/** Cloudflare describes a string, of which `jdcloud` alone has a meaning. */
const query = z.object({ networks: z.string().optional() });

const answer = z
  .object({
    etag: z.string(),
    ipv4_cidrs: z.array(z.string()),
    ipv6_cidrs: z.array(z.string()),
    jdcloud_cidrs: z.array(z.string()).optional(),
  })
  .meta({ id: 'IpRanges' });

const withEtag = <T extends object>(ranges: T) => ({
  etag: createHash('sha256').update(JSON.stringify(ranges)).digest('hex').slice(0, 32),
  ...ranges,
});

export function ipsRoutes(app: Http): void {
  operations(app, { tags: ['IP ranges'], open: true }, { security: [] }).get(
    '/ips',
    'List the ranges that requests to origins come from',
    { query, answer },
    ({ query }) => ok(withEtag(query.networks === 'jdcloud' ? PARTNER_RANGES : RANGES)),
  );
}
