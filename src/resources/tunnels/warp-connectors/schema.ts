import { z } from 'zod';
import { nullish, present } from '../../../api/fields.js';
import { uuid } from '../../../api/identifiers.js';
import { text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { parseIp } from '../../../net/addresses.js';
import { connection, connector, tunnelName } from '../tunnel-shape.js';

export const createBody = z.object({ name: tunnelName, ha: z.boolean().nullish() });

/** `none`: highly available, and nobody has said how. */
export const HA_MODES = ['none', 'disabled', 'aws', 'local'] as const;

const vips = z
  .array(
    z.object({
      address: text(64).refine((address) => parseIp(address) !== null, 'must be an IP address'),
    }),
  )
  .max(8, 'must not have more than 8 addresses');

/** Which members a mode takes is a rule: the mode stands beside. */
const members = {
  fnr_id: text(256).min(1, 'must not be empty'),
  vips: vips.min(1, 'must have at least one address'),
  vips_previous: vips,
};
const haConfig = z.object(members).partial();

export const putBody = z.object({
  ha_mode: z.enum(HA_MODES),
  config: z
    .object(nullish(members))
    .transform((config): HaConfig => present(config))
    .nullish(),
});
export const failoverBody = z.object({ client_id: uuid });

export const configuration = z
  .object({
    tunnel_id: z.uuid(),
    ha_mode: z.enum(HA_MODES),
    config: haConfig.nullable(),
    configuration_version: z.int(),
    created_at: timestampSchema,
    updated_at: timestampSchema.nullable(),
  })
  .meta({ id: 'WarpConnectorConfiguration' });

/** A device that runs the connector. */
export const client = connector
  .omit({ config_version: true, conns: true })
  .extend({
    ha_status: z.enum(['offline', 'passive', 'active']),
    conns: z.array(connection.omit({ uuid: true, is_pending_reconnect: true })),
  })
  .meta({ id: 'WarpConnectorClient' });

export type CreateBody = z.output<typeof createBody>;
export type PutBody = z.output<typeof putBody>;
export type HaConfig = z.output<typeof haConfig>;
export type HaMode = (typeof HA_MODES)[number];
