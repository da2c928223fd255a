import { z } from 'zod';
import { expected, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { answerOf, bodiesOf, required, shownShape, type ValuesOf, writeBody } from '../../_kit/fields.js';

/** A group is probed by each of its members: nothing is unbounded. */
const MAX_MEMBERS = 20;

const flag = z.boolean({ error: expected('true or false') });
/** What a client may set of a member. */
export const member = {
  monitor_id: required(
    z.string({ error: expected('a string') }).regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
  ),
  enabled: required(flag),
  monitoring_only: required(flag),
  must_be_healthy: required(flag),
};
const members = z
  .array(writeBody(member), { error: expected('a list') })
  .min(1, 'must have at least one monitor')
  .max(MAX_MEMBERS, `must have at most ${MAX_MEMBERS} monitors`);
const shownMember = z.object({
  ...shownShape(member),
  created_at: timestampSchema,
  updated_at: timestampSchema,
});

/** What a client may set. PATCH takes a null as no change. */
export const fields = {
  description: required(text(1024), { nullKeeps: true }),
  members: required(members, { column: null, nullKeeps: true, shown: z.array(shownMember) }),
};

export type GroupValues = ValuesOf<typeof fields>;

export const bodies = bodiesOf(fields);

export const answer = answerOf('MonitorGroup', fields);
