import { z } from 'zod';
import { uuid } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { flag, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';

const name = text(256).min(1, 'must not be empty');
const comment = text(256);

/** `is_default` is the older spelling of `is_default_network`; clients send either. */
const isDefault = { is_default: z.boolean().nullish(), is_default_network: z.boolean().nullish() };

export const createBody = z.object({ name, comment: comment.nullish(), ...isDefault });
export const patchBody = z.object({ name: name.nullish(), comment: comment.nullish(), ...isDefault });

export const listQuery = z.object({
  id: uuid.optional(),
  name: text(256).optional(),
  is_default: flag.optional(),
  is_default_network: flag.optional(),
  is_deleted: flag.optional(),
  ...pageQuery(),
});

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

export type CreateBody = z.output<typeof createBody>;
export type PatchBody = z.output<typeof patchBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireVirtualNetwork = z.output<typeof virtualNetwork>;
