import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { field, required, unset, writeBody } from '../../_kit/fields.js';

const settings = z.object({
  enforce_twofactor: z.boolean().nullish(),
  abuse_contact_email: z
    .email('must be an e-mail address')
    .max(254, 'must be at most 254 characters')
    .regex(/^[^@]{1,64}@/, 'must have at most 64 characters before the @')
    .nullish(),
});

const name = text(100).min(1, 'must not be empty');
const type = z.enum(['standard', 'enterprise'], 'must be standard or enterprise');

const named = { name: required(name), type: field(type, 'standard') };

/** What a client may send of a new account. */
export const sent = {
  ...named,
  /** Of a tenant, which there is none of here. */
  unit: unset(z.object({ id: text(32).nullish() }), {
    notYet: (unit) => (unit?.id ? 'there are no tenants, so the account belongs to no unit' : undefined),
  }),
};
export const createBody = writeBody(sent);
export const putBody = writeBody({ ...named, settings: unset(settings) });

export const listQuery = z.object({
  name: text(100).optional(),
  direction: z.enum(['asc', 'desc']).optional(),
  ...pageQuery(5, 50),
});

export const answer = z
  .object({
    id: hexId,
    name: z.string(),
    type,
    settings: z.object({ enforce_twofactor: z.boolean(), abuse_contact_email: z.string().optional() }),
    created_on: timestampSchema,
  })
  .meta({ id: 'Account' });

export type CreateBody = z.output<typeof createBody>;
export type PutBody = z.output<typeof putBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireAccount = z.output<typeof answer>;
