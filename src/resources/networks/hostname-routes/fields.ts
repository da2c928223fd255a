import { z } from 'zod';
import { uuid } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { flag, text } from '../../../api/text.js';
import { moment, timestampSchema } from '../../../api/timestamps.js';
import { storedType } from '../../tunnels/tunnel-shape.js';

// Judged before it is made lower case: some other letters turn into ASCII then.
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

function isHostname(text: string): boolean {
  const labels = text.replace(/^\*\./, '').split('.');
  // What ends in a number is an IP address, in one notation or another.
  return labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1)!);
}

/** Lower case. The first label may be `*`. */
const hostname = text(253)
  .transform((value) => value.replace(/\.$/, ''))
  .refine(isHostname, 'must be a host name such as wiki.internal.local or *.internal.local')
  .transform((value) => value.toLowerCase());
const comment = text(100);

export const createBody = z.object({ hostname, tunnel_id: uuid, comment: comment.nullish() });
export const patchBody = createBody.partial();

export const listQuery = z.object({
  id: uuid.optional(),
  hostname: text(253).optional(),
  tunnel_id: uuid.optional(),
  comment: comment.optional(),
  existed_at: moment.optional(),
  is_deleted: flag.optional(),
  ...pageQuery(),
});

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

export type CreateBody = z.output<typeof createBody>;
export type PatchBody = z.output<typeof patchBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireHostnameRoute = z.output<typeof hostnameRoute>;
