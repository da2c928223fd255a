import { z } from 'zod';
import { nullish, present } from '../../../api/fields.js';
import { integer, text } from '../../../api/text.js';

const HEADER = /^([a-zA-Z0-9_-]{1,100}|cookie:[a-zA-Z0-9_-]+(,[a-zA-Z0-9_-]+)*)$/;
/** What an Enterprise plan may have. */
const MAX_HEADERS = 5;

/** Names of headers have no case; names of cookies have. */
const caseless = (name: string) => (name.startsWith('cookie:') ? name : name.toLowerCase());

const members = {
  samesite: z.enum(['Auto', 'Lax', 'None', 'Strict']),
  secure: z.enum(['Auto', 'Always', 'Never']),
  drain_duration: integer(0, 86_400),
  zero_downtime_failover: z.enum(['none', 'temporary', 'sticky']),
};
const headers = z
  .array(text(100).regex(HEADER, 'must be a header name or cookie:<name>,<name>'))
  .max(MAX_HEADERS, `must not have more than ${MAX_HEADERS} headers`)
  .refine((names) => new Set(names.map(caseless)).size === names.length, 'must not name a header twice');
const requireAll = z.boolean();

export const affinityAttributes = z
  .object(nullish({ ...members, headers, require_all_headers: requireAll }))
  .refine(
    ({ samesite, secure }) => samesite !== 'None' || secure !== 'Never',
    'samesite "None" must not go with secure "Never"',
  );

export const wireAffinityAttributes = z.object({
  ...members,
  headers: headers.optional(),
  require_all_headers: requireAll.optional(),
});

export type AffinityAttributes = z.output<typeof wireAffinityAttributes>;

export const ATTRIBUTE_DEFAULTS = {
  samesite: 'Auto',
  secure: 'Auto',
  drain_duration: 0,
  zero_downtime_failover: 'none',
} as const satisfies AffinityAttributes;

/** With every member that has a default. */
export function completeAttributes(sent: z.output<typeof affinityAttributes>): AffinityAttributes {
  return { ...ATTRIBUTE_DEFAULTS, ...(present(sent) as Partial<AffinityAttributes>) };
}
