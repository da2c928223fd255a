import { z } from 'zod';
import { hexId } from '../../wire/identifiers.js';
import { pageQuery } from '../../wire/pagination.js';
import { text } from '../../wire/text.js';
import { timestampSchema } from '../../wire/timestamps.js';

export const accountParams = z.object({ account_id: hexId });

const settings = z.object({
  enforce_twofactor: z.boolean().nullish(),
  abuse_contact_email: z.email().nullish(),
});

export const putBody = z.object({
  name: text(100).min(1, 'must not be empty'),
  settings: settings.nullish(),
});

export const listQuery = z.object({
  name: text(100).optional(),
  direction: z.enum(['asc', 'desc']).optional(),
  ...pageQuery(5, 50),
});

export const account = z
  .object({
    id: hexId,
    name: z.string(),
    type: z.enum(['standard', 'enterprise']),
    settings: z.object({ enforce_twofactor: z.boolean(), abuse_contact_email: z.string().optional() }),
    created_on: timestampSchema,
  })
  .meta({ id: 'Account' });

export type PutBody = z.output<typeof putBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireAccount = z.output<typeof account>;
