import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { expected, integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { ORIGIN_STEERING_POLICIES } from '../../../domain/policies.js';
import { CHECK_REGIONS } from '../../../domain/regions.js';
import { answerOf, bodiesOf, completed, field, required, unset, type ValuesOf } from '../../_kit/fields.js';
import { completeOrigin, originBody, shownOrigin } from './origin-fields.js';

const HEALTH_SOURCES = ['local', 'regional', 'global'] as const;

const inRange = (minimum: number, maximum: number) => {
  const words = `is not in range [${minimum}, ${maximum}]`;
  return z.number().min(minimum, words).max(maximum, words);
};
const percent = inRange(0, 100);
const loadShedding = completed(
  {
    default_percent: percent,
    default_policy: z.enum(['random', 'hash']),
    session_percent: percent,
    session_policy: z.enum(['hash']),
  },
  { default_percent: 0, default_policy: 'random', session_percent: 0, session_policy: 'hash' },
);
const originSteering = completed({ policy: z.enum(ORIGIN_STEERING_POLICIES) }, { policy: 'random' });
const notifications = z.object({ disable: z.boolean().nullish(), healthy: z.boolean().nullish() });
const notificationFilter = z.object({ origin: notifications.nullish(), pool: notifications.nullish() });
/** `""` is how older clients take a monitor off a pool. */
const optionalId = z.union([hexId, z.literal('')], 'must be 32 hexadecimal digits');
const unlessEmpty = (id: string) => id || null;

export const name = text(255).regex(/^[A-Za-z0-9_-]+$/, 'must have letters, digits, - and _ only');

/** What a client may set; rules between fields are in `rules.ts`. */
export const fields = {
  name: required(name),
  description: field(text(1024), ''),
  enabled: field(z.boolean(), true),
  minimum_origins: field(integer(0, 1000), 1),
  origins: required(z.array(originBody, { error: expected('a list') }), {
    column: null,
    complete: (origins) => origins.map(completeOrigin),
    shown: z.array(shownOrigin),
  }),
  monitor: unset(optionalId, { column: 'monitor_id', complete: unlessEmpty, shown: hexId }),
  monitor_group: unset(optionalId, { column: 'monitor_group_id', complete: unlessEmpty, shown: hexId }),
  check_regions: unset(z.array(z.enum(CHECK_REGIONS)).max(CHECK_REGIONS.length), {
    complete: (regions) => (regions.length === 0 ? null : regions),
    show: 'always',
  }),
  health_sources: unset(z.array(z.enum(HEALTH_SOURCES)).max(HEALTH_SOURCES.length), { show: 'always' }),
  latitude: unset(inRange(-90, 90)),
  longitude: unset(inRange(-180, 180)),
  load_shedding: unset(loadShedding.schema, loadShedding),
  origin_steering: unset(originSteering.schema, originSteering),
  notification_email: field(text(2048), '', {
    notYet: (email) => (email === '' ? undefined : 'no mail is sent'),
  }),
  notification_filter: unset(notificationFilter),
  networks: unset(z.array(text(64)).max(64)),
};

export type PoolValues = ValuesOf<typeof fields>;

export const bodies = bodiesOf(fields);

export const answer = answerOf('Pool', fields, {
  healthy: z.boolean().describe('Whether at least minimum_origins of its origins are healthy.'),
  disabled_at: timestampSchema.optional(),
});
