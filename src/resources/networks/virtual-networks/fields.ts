import { z } from 'zod';
import { spellings } from '../../../api/doubly-encoded.js';
import { uuid } from '../../../api/identifiers.js';
import { flag, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import type { Prisma } from '../../../storage/generated/client.js';
import { field, patchBody, required, writeBody } from '../../_kit/fields.js';
import { type Filters, filter, isDeleted, listQueryOf } from '../../_kit/list-filters.js';

/** What a client may set besides whether the network is the default. */
export const fields = {
  name: required(text(256).min(1, 'must not be empty'), { nullKeeps: true }),
  comment: field(text(256), ''),
};
/** `is_default` is the older spelling of `is_default_network`; clients send either. */
const isDefault = { is_default: z.boolean().nullish(), is_default_network: z.boolean().nullish() };

export const bodies = {
  write: writeBody(fields).extend(isDefault),
  patch: patchBody(fields).extend(isDefault),
};

export const filters = {
  id: filter(uuid, (id) => ({ id })),
  name: filter(text(256), (name) => ({ name: { in: spellings(name) } })),
  is_default: filter(flag),
  is_default_network: filter(flag, (isDefault) => ({ isDefault })),
  is_deleted: isDeleted,
} satisfies Filters<Prisma.VirtualNetworkWhereInput>;
export const listQuery = listQueryOf(filters);

export const deleteQuery = z.object({ force: flag.optional() });

export const virtualNetwork = z
  .object({
    id: z.uuid(),
    name: z.string(),
    comment: z.string(),
    is_default_network: z.boolean(),
    created_at: timestampSchema,
    deleted_at: timestampSchema.nullable(),
  })
  .meta({ id: 'VirtualNetwork' });

export type CreateBody = z.output<typeof bodies.write>;
export type PatchBody = z.output<typeof bodies.patch>;
export type ListQuery = z.output<typeof listQuery>;
export type DeleteQuery = z.output<typeof deleteQuery>;
