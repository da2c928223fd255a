import { z } from 'zod';
import { spellings } from '../../../api/doubly-encoded.js';
import { uuid } from '../../../api/identifiers.js';
import { text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { isAscii, isHostname } from '../../../net/hostnames.js';
import type { Prisma } from '../../../storage/generated/client.js';
import { bodiesOf, required, unset } from '../../_kit/fields.js';
import { existedAt, type Filters, filter, isDeleted, listQueryOf, literal } from '../../_kit/list-filters.js';
import { storedType } from '../../tunnels/tunnel-shape.js';

/** What ends in a number is an IP address, in one notation or another; some other letters turn into ASCII in lower case. */
const isPrivate = (text: string): boolean =>
  isAscii(text) && isHostname(text.toLowerCase().replace(/^\*\./, '')) && !/(^|\.)\d+$/.test(text);

/** Lower case. The first label may be `*`. */
const hostname = text(253)
  .transform((value) => value.replace(/\.$/, ''))
  .refine(isPrivate, 'must be a host name such as wiki.internal.local or *.internal.local')
  .transform((value) => value.toLowerCase());
const comment = text(100);

export const fields = { hostname: required(hostname), tunnel_id: required(uuid), comment: unset(comment) };

export const bodies = bodiesOf(fields);

export const filters = {
  id: filter(uuid, (id) => ({ id })),
  hostname: filter(text(253), (part) => ({ hostname: { contains: literal(part.toLowerCase()) } })),
  tunnel_id: filter(uuid, (tunnelId) => ({ tunnelId })),
  comment: filter(comment, (comment) => ({ comment: { in: spellings(comment) } })),
  existed_at: existedAt,
  is_deleted: isDeleted,
} satisfies Filters<Prisma.HostnameRouteWhereInput>;
export const listQuery = listQueryOf(filters);

export const hostnameRoute = z
  .object({
    id: z.uuid(),
    hostname: z.string(),
    tunnel_id: z.uuid(),
    tunnel_name: z.string(),
    tun_type: storedType,
    comment: z.string().optional(),
    created_at: timestampSchema,
    deleted_at: timestampSchema.nullable(),
  })
  .meta({ id: 'HostnameRoute' });

export type CreateBody = z.output<typeof bodies.write>;
export type PatchBody = z.output<typeof bodies.patch>;
export type ListQuery = z.output<typeof listQuery>;
