import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { inAscii } from '../../../net/hostnames.js';
import { field, patchBody, unset, type ValuesOf } from '../../_kit/fields.js';

const DOMAIN = /^([a-zA-Z0-9][-a-zA-Z0-9]{0,62}\.)+([-a-zA-Z0-9]{2,20}|xn--[-a-zA-Z0-9]{1,59})$/;

export const ZONE_TYPES = ['full', 'partial', 'secondary', 'internal'] as const;
const type = z.enum(ZONE_TYPES);

export const createBody = z.object({
  name: z
    .string()
    .max(253, 'must be at most 253 characters')
    .refine((name) => DOMAIN.test(inAscii(name)), 'must be a domain such as example.com'),
  /** Without an id the zone belongs to the first account of the caller. */
  account: z.object({ id: hexId.nullish() }).nullish(),
  type: type.nullish(),
});

const nameServer = z
  .string()
  .max(253, 'must be at most 253 characters')
  .regex(DOMAIN, 'must be a host name such as ns1.example.com');

const nameServers = z.array(nameServer).max(20, 'must have at most 20 entries');

/** What a client may send of a zone, in the order in which answers speak of it. */
export const sent = {
  paused: field(z.boolean('must be true or false'), false, {
    notYet: (paused) => (paused ? 'load balancers of the zone go on serving' : undefined),
  }),
  type: field(type, 'full', {
    notYet: (type) =>
      type && type !== 'full' ? 'no DNS is served, whatever the type of the zone' : undefined,
  }),
  /** Older clients change the plan this way. */
  plan: unset(z.object({ id: text(32) }), {
    notYet: (plan) => (plan ? 'there are no plans, and nothing to pay' : undefined),
  }),
  vanity_name_servers: field(nameServers, [], {
    notYet: (names) => (names?.length ? 'no DNS is served under these names' : undefined),
  }),
};
const { plan: _ignored, ...changing } = sent;
/** What can change of it. */
export const fields = changing;
export type ZoneValues = ValuesOf<typeof fields>;
export const changeBody = patchBody(sent);

export const OPERATORS = [
  'equal',
  'not_equal',
  'starts_with',
  'ends_with',
  'contains',
  'starts_with_case_sensitive',
  'ends_with_case_sensitive',
  'contains_case_sensitive',
] as const;

/** `type=full&type=partial` or `type=full,partial`. */
const typeFilter = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : value),
  z.array(type).max(ZONE_TYPES.length, `must have at most ${ZONE_TYPES.length} entries`),
);

export const listQuery = z.object({
  name: text(300).optional(),
  status: z.enum(['initializing', 'pending', 'active', 'moved']).optional(),
  'account.id': text(32).optional(),
  'account.name': text(300).optional(),
  type: typeFilter.optional(),
  order: z.enum(['name', 'status', 'account.id', 'account.name', 'plan.id']).optional(),
  direction: z.enum(['asc', 'desc']).optional(),
  match: z.enum(['any', 'all']).optional(),
  ...pageQuery(5, 50),
});

export const answer = z
  .object({
    id: hexId,
    name: z.string(),
    status: z.literal('active'),
    paused: z.boolean(),
    type,
    development_mode: z.number(),
    name_servers: z.array(z.string()),
    original_name_servers: z.null(),
    original_registrar: z.null(),
    original_dnshost: z.null(),
    created_on: timestampSchema,
    modified_on: timestampSchema,
    activated_on: timestampSchema,
    vanity_name_servers: z.array(z.string()),
    verification_key: z.string().optional().describe('Of a partial zone only.'),
    meta: z.object({
      step: z.int(),
      custom_certificate_quota: z.int(),
      page_rule_quota: z.int(),
      phishing_detected: z.boolean(),
    }),
    owner: z.object({ id: hexId, type: z.literal('organization'), name: z.string() }),
    account: z.object({ id: hexId, name: z.string() }),
    permissions: z.array(z.string()),
    plan: z.object({
      id: z.string(),
      name: z.string(),
      price: z.number(),
      currency: z.string(),
      frequency: z.string(),
      is_subscribed: z.boolean(),
      can_subscribe: z.boolean(),
      legacy_id: z.string(),
    }),
  })
  .meta({ id: 'Zone' });

export type CreateBody = z.output<typeof createBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireZone = z.output<typeof answer>;
