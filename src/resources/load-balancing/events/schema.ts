import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { flag, text } from '../../../api/text.js';
import { moment, timestampSchema } from '../../../api/timestamps.js';

export const accountParams = z.object({ account_id: hexId });
export const query = z.object({
  since: moment.optional(),
  until: moment.optional(),
  pool_id: hexId.optional(),
  pool_name: text(255).optional(),
  pool_healthy: flag.optional(),
  origin_name: text(255).optional(),
  origin_healthy: flag.optional(),
  ...pageQuery(),
});

export const event = z
  .object({
    id: z.int(),
    timestamp: timestampSchema,
    pool: z.object({
      id: hexId,
      name: z.string(),
      healthy: z.boolean(),
      changed: z.boolean(),
      minimum_origins: z.int(),
    }),
    origins: z.array(
      z.object({
        name: z.string(),
        address: z.string(),
        ip: z.string().describe('Empty when the address is a host name.'),
        enabled: z.boolean(),
        healthy: z.boolean(),
        changed: z.boolean(),
        failure_reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'HealthEvent' });

export type Query = z.output<typeof query>;
export type WireEvent = z.output<typeof event>;
