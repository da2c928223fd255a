import { z } from 'zod';
import { nullish } from '../../../api/fields.js';
import { hexId, uuid } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { expected, fraction, integer, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { poolVerdict } from '../verdict.js';
import { CHECK_REGIONS, HEALTH_SOURCES } from './regions.js';

export const accountParams = z.object({ account_id: hexId });
export const poolParams = accountParams.extend({ pool_id: hexId });
export const referencesQuery = z.object(pageQuery());
export const listQuery = z.object({ monitor: hexId.optional(), ...pageQuery() });
export const bulkQuery = z.object({
  ...pageQuery(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  offset: z.coerce.number().int().min(0).max(1_000_000).optional(),
});

const hostHeader = z.strictObject(
  { Host: z.array(text(253)).length(1, 'must have exactly one value').optional() },
  { error: ({ code }) => (code === 'unrecognized_keys' ? 'must set nothing but Host' : undefined) },
);

const originNames = {
  name: text(255).min(1, 'must not be empty'),
  address: text(253).min(1, 'must not be empty'),
};
const originMembers = {
  enabled: z.boolean(),
  weight: fraction(100),
  port: integer(0, 65_535),
  flatten_cname: z.boolean(),
};
const origin = z.object({
  ...originNames,
  ...nullish(originMembers),
  header: hostHeader.nullish(),
  virtual_network_id: uuid.nullish(),
});

const percent = z.number().min(0, 'is not in range [0, 100]').max(100, 'is not in range [0, 100]');
const loadSheddingMembers = {
  default_percent: percent,
  default_policy: z.enum(['random', 'hash']),
  session_percent: percent,
  session_policy: z.enum(['hash']),
};
const originSteeringMembers = {
  policy: z.enum(['random', 'hash', 'least_outstanding_requests', 'least_connections']),
};
const notifications = z.object({ disable: z.boolean().nullish(), healthy: z.boolean().nullish() });
const notificationFilter = z.object({ origin: notifications.nullish(), pool: notifications.nullish() });

export const name = text(255).regex(/^[A-Za-z0-9_-]+$/, 'must have letters, digits, - and _ only');
const origins = z.array(origin, { error: expected('a list') });
const plainMembers = {
  description: text(1024),
  enabled: z.boolean(),
  minimum_origins: integer(0, 1000),
  check_regions: z.array(z.enum(CHECK_REGIONS)).max(CHECK_REGIONS.length),
  health_sources: z.array(z.enum(HEALTH_SOURCES)).max(HEALTH_SOURCES.length),
  latitude: z.number().min(-90, 'is not in range [-90, 90]').max(90, 'is not in range [-90, 90]'),
  longitude: z.number().min(-180, 'is not in range [-180, 180]').max(180, 'is not in range [-180, 180]'),
  notification_email: text(2048),
  notification_filter: notificationFilter,
  networks: z.array(text(64)).max(64),
};
/** `""` is how older clients take a monitor off a pool. */
const optionalId = z.union([hexId, z.literal('')], 'must be 32 hexadecimal digits');
const optional = {
  ...nullish(plainMembers),
  monitor: optionalId.nullish(),
  monitor_group: optionalId.nullish(),
  load_shedding: z.object(nullish(loadSheddingMembers)).nullish(),
  origin_steering: z.object(nullish(originSteeringMembers)).nullish(),
};

export const writeBody = z.object({ name, origins, ...optional });
export const patchBody = z.object({ name: name.optional(), origins: origins.optional(), ...optional });
export const bulkBody = z.object({ notification_email: z.literal('', 'must be ""') });

const wireOrigin = z.object({
  ...originNames,
  ...originMembers,
  healthy: z.boolean().describe('What health checks find; without a monitor, whether it is enabled.'),
  failure_reason: z.string().describe('"No failures" when it is healthy, and before the first check.'),
  header: z.object({ Host: z.array(z.string()) }).optional(),
  virtual_network_id: z.uuid().optional(),
  disabled_at: timestampSchema.optional(),
});

export const pool = z
  .object({
    id: hexId,
    name,
    ...plainMembers,
    healthy: z.boolean().describe('Whether at least minimum_origins of its origins are healthy.'),
    origins: z.array(wireOrigin),
    monitor: hexId.optional(),
    monitor_group: hexId.optional(),
    check_regions: plainMembers.check_regions.nullable(),
    health_sources: plainMembers.health_sources.nullable(),
    latitude: plainMembers.latitude.optional(),
    longitude: plainMembers.longitude.optional(),
    load_shedding: z.object(loadSheddingMembers).optional(),
    origin_steering: z.object(originSteeringMembers).optional(),
    notification_filter: notificationFilter.optional(),
    networks: plainMembers.networks.optional(),
    disabled_at: timestampSchema.optional(),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'Pool' });

export const deleted = z.object({ id: hexId });

export const poolHealth = z
  .object({ pool_id: hexId, pop_health: z.record(z.string(), poolVerdict) })
  .meta({ id: 'PoolHealth' });

export type OriginBody = z.output<typeof origin>;
export type PatchBody = z.output<typeof patchBody>;
export type WriteBody = z.output<typeof writeBody>;
export type LoadShedding = z.output<z.ZodObject<typeof loadSheddingMembers>>;
export type OriginSteering = z.output<z.ZodObject<typeof originSteeringMembers>>;
export type NotificationFilter = z.output<typeof notificationFilter>;
export type WirePool = z.output<typeof pool>;
export type WireOrigin = z.output<typeof wireOrigin>;
export type BulkQuery = z.output<typeof bulkQuery>;
export type PoolHealth = z.output<typeof poolHealth>;
