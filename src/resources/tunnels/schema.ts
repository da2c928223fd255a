import { z } from 'zod';
import { hexId, isUuid, uuid } from '../../wire/identifiers.js';
import { pageQuery } from '../../wire/pagination.js';
import { flag, text } from '../../wire/text.js';
import { moment, timestampSchema } from '../../wire/timestamps.js';
import { decodeSecret, SECRET_RULE } from './secret.js';

/** A name that reads like an identifier would make "tunnel by name or id" ambiguous, as cloudflared offers it. */
const name = text(256)
  .min(1, 'must not be empty')
  .refine((value) => !isUuid(value), 'must not be a UUID');

const secret = z.string().transform((value, context) => {
  const bytes = decodeSecret(value);
  if (bytes) return bytes;
  context.addIssue({ code: 'custom', message: SECRET_RULE });
  return z.NEVER;
});

const CONFIG_SOURCES = ['local', 'cloudflare'] as const;
export const STATUSES = ['inactive', 'degraded', 'healthy', 'down'] as const;
export type Status = (typeof STATUSES)[number];

export const accountParams = z.object({ account_id: hexId });
export const tunnelParams = accountParams.extend({ tunnel_id: uuid });

export const createBody = z.object({
  name,
  tunnel_secret: secret.nullish(),
  config_src: z.enum(CONFIG_SOURCES).nullish(),
});
export const patchBody = z.object({ name: name.nullish(), tunnel_secret: secret.nullish() });

export const listQuery = z.object({
  name: text(256).optional(),
  uuid: uuid.optional(),
  status: z.enum(STATUSES).optional(),
  is_deleted: flag.optional(),
  existed_at: moment.optional(),
  was_active_at: moment.optional(),
  was_inactive_at: moment.optional(),
  include_prefix: text(256).optional(),
  /** What cloudflared calls `include_prefix`. */
  name_prefix: text(256).optional(),
  exclude_prefix: text(256).optional(),
  ...pageQuery(),
});

export const deleteQuery = z.object({ cascade: flag.optional() });
export const dropQuery = z.object({ client_id: uuid.optional() });

export const connection = z
  .object({
    id: z.uuid(),
    uuid: z.uuid(),
    client_id: z.uuid(),
    client_version: z.string(),
    colo_name: z.string(),
    is_pending_reconnect: z.boolean(),
    opened_at: timestampSchema,
    origin_ip: z.string(),
  })
  .meta({ id: 'TunnelConnection' });

export const connector = z
  .object({
    id: z.uuid(),
    version: z.string(),
    arch: z.string(),
    run_at: timestampSchema,
    features: z.array(z.string()),
    config_version: z.int(),
    conns: z.array(connection),
  })
  .meta({ id: 'TunnelConnector' });

const shape = z.object({
  id: z.uuid(),
  account_tag: hexId,
  name: z.string(),
  config_src: z.enum(CONFIG_SOURCES),
  remote_config: z.boolean(),
  status: z.enum(STATUSES),
  tun_type: z.literal('cfd_tunnel'),
  connections: z.array(connection),
  conns_active_at: timestampSchema.nullable(),
  conns_inactive_at: timestampSchema.nullable(),
  created_at: timestampSchema,
  deleted_at: timestampSchema.nullable(),
  metadata: z.object({}),
});
export const tunnel = shape.meta({ id: 'Tunnel' });

/** The only answer, next to `/token`, that carries the secret. */
export const createdTunnel = shape
  .extend({
    token: z.string(),
    credentials_file: z.object({
      AccountTag: hexId,
      TunnelID: z.uuid(),
      TunnelName: z.string(),
      TunnelSecret: z.string(),
    }),
  })
  .meta({ id: 'CreatedTunnel' });

export const nothing = z.null().describe('Nothing is left to show.');

export type CreateBody = z.output<typeof createBody>;
export type PatchBody = z.output<typeof patchBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireTunnel = z.output<typeof tunnel>;
export type WireCreatedTunnel = z.output<typeof createdTunnel>;
export type WireConnection = z.output<typeof connection>;
export type WireConnector = z.output<typeof connector>;
