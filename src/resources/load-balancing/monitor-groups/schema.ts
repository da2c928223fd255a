import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { expected, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';

/** A group is probed by each of its members: nothing is unbounded. */
const MAX_MEMBERS = 20;

export const accountParams = z.object({ account_id: hexId });
export const groupParams = accountParams.extend({ monitor_group_id: hexId });
export const listQuery = z.object(pageQuery());

const flag = z.boolean({ error: expected('true or false') });
const memberShape = {
  monitor_id: z
    .string({ error: expected('a string') })
    .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
  enabled: flag,
  monitoring_only: flag,
  must_be_healthy: flag,
};
const description = text(1024);
const members = z
  .array(z.object(memberShape), { error: expected('a list') })
  .min(1, 'must have at least one monitor')
  .max(MAX_MEMBERS, `must have at most ${MAX_MEMBERS} monitors`);

export const writeBody = z.object({ description, members });
export const patchBody = z.object(nullish({ description, members }));

export const monitorGroup = z
  .object({
    id: hexId,
    description,
    members: z.array(z.object({ ...memberShape, created_at: timestampSchema, updated_at: timestampSchema })),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'MonitorGroup' });

export type Member = z.output<z.ZodObject<typeof memberShape>>;
export type PatchBody = z.output<typeof patchBody>;
export type WireMonitorGroup = z.output<typeof monitorGroup>;
/** What a client may set. */
export interface GroupFields {
  readonly description: string;
  readonly members: readonly Member[];
}
