import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { uuid } from '../../../api/identifiers.js';
import { fraction, integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';

const hostHeader = z.strictObject(
  { Host: z.array(text(253)).length(1, 'must have exactly one value').optional() },
  { error: ({ code }) => (code === 'unrecognized_keys' ? 'must set nothing but Host' : undefined) },
);

const names = {
  name: text(255).min(1, 'must not be empty'),
  address: text(253).min(1, 'must not be empty'),
};
const members = {
  enabled: z.boolean(),
  weight: fraction(100),
  port: integer(0, 65_535),
  flatten_cname: z.boolean(),
};
const INITIAL = { enabled: true, weight: 1, port: 0, flatten_cname: true };

/** An origin as it is sent. */
export const originBody = z.object({
  ...names,
  ...nullish(members),
  header: hostHeader.nullish(),
  virtual_network_id: uuid.nullish(),
});

/** An origin as answers show it. */
export const shownOrigin = z.object({
  ...names,
  ...members,
  healthy: z.boolean().describe('What health checks find; without a monitor, whether it is enabled.'),
  failure_reason: z.string().describe('"No failures" when it is healthy, and before the first check.'),
  header: z.object({ Host: z.array(z.string()) }).optional(),
  virtual_network_id: z.uuid().optional(),
  disabled_at: timestampSchema.optional(),
});

/** An origin with every field set. */
export interface OriginValues {
  readonly name: string;
  readonly address: string;
  readonly enabled: boolean;
  readonly weight: number;
  readonly port: number;
  readonly header: { readonly Host: readonly string[] } | null;
  readonly virtual_network_id: string | null;
  readonly flatten_cname: boolean;
}

export function completeOrigin(body: z.output<typeof originBody>): OriginValues {
  return {
    name: body.name,
    address: body.address,
    enabled: body.enabled ?? INITIAL.enabled,
    weight: body.weight ?? INITIAL.weight,
    port: body.port ?? INITIAL.port,
    header: body.header?.Host ? { Host: body.header.Host } : null,
    virtual_network_id: body.virtual_network_id ?? null,
    flatten_cname: body.flatten_cname ?? INITIAL.flatten_cname,
  };
}
