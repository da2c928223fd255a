import { z } from 'zod';
import { uuid } from '../../../api/identifiers.js';
import { fraction, integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import {
  field,
  initialOf,
  required,
  shownShape,
  unset,
  type ValuesOf,
  valuesAfter,
  writeBody,
} from '../../_kit/fields.js';

const hostHeader = z.strictObject(
  { Host: z.array(text(253)).length(1, 'must have exactly one value').optional() },
  { error: ({ code }) => (code === 'unrecognized_keys' ? 'must set nothing but Host' : undefined) },
);
const shownHeader = z.object({ Host: z.array(z.string()) });

/** What a client may set of an origin. */
export const fieldsOfOrigin = {
  name: required(text(255).min(1, 'must not be empty')),
  address: required(text(253).min(1, 'must not be empty')),
  enabled: field(z.boolean(), true),
  weight: field(fraction(100), 1),
  port: field(integer(0, 65_535), 0),
  flatten_cname: field(z.boolean(), true),
  header: unset<typeof hostHeader, z.output<typeof shownHeader>>(hostHeader, {
    complete: ({ Host }) => (Host ? { Host } : null),
    shown: shownHeader,
  }),
  virtual_network_id: unset(uuid, { shown: z.uuid() }),
};

/** An origin with every field set. */
export type OriginValues = ValuesOf<typeof fieldsOfOrigin>;

/** An origin as it is sent. */
export const originBody = writeBody(fieldsOfOrigin);

const { header, virtual_network_id, ...always } = shownShape(fieldsOfOrigin);

/** An origin as answers show it. */
export const shownOrigin = z.object({
  ...always,
  healthy: z.boolean().describe('What health checks find; without a monitor, whether it is enabled.'),
  failure_reason: z.string().describe('"No failures" when it is healthy, and before the first check.'),
  header,
  virtual_network_id,
  disabled_at: timestampSchema.optional(),
});

const initial = initialOf(fieldsOfOrigin);

export const completeOrigin = (body: z.output<typeof originBody>): OriginValues =>
  valuesAfter(fieldsOfOrigin, body, initial, initial);
