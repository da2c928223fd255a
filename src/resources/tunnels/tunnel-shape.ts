import { z } from 'zod';
import { API_CHANGES } from '../../api/api-changes.js';
import { spellings } from '../../api/doubly-encoded.js';
import { hexId, isUuid, uuid } from '../../api/identifiers.js';
import { text } from '../../api/text.js';
import { moment, timestampSchema } from '../../api/timestamps.js';
import type { Prisma } from '../../storage/generated/client.js';
import { existedAt, type Filters, filter, isDeleted, listQueryOf, literal } from '../_kit/list-filters.js';
import { accountParams } from '../_kit/operations.js';
import { decodeSecret, SECRET_RULE } from './tunnel-secret.js';

/** What tunnels of every type have in common on the wire. */

/** The first two exist here; the others are names that a filter may mention. */
export const TUNNEL_TYPES = [
  'cfd_tunnel',
  'warp_connector',
  'warp',
  'magic',
  'ip_sec',
  'gre',
  'cni',
] as const;

/** The types that tunnels are stored under. */
export const STORED_TYPES = ['cfd_tunnel', 'warp_connector'] as const;
export type StoredType = (typeof STORED_TYPES)[number];

export const tunnelType = z.enum(TUNNEL_TYPES);
export const storedType = z.enum(STORED_TYPES);

export const CONFIG_SOURCES = ['local', 'cloudflare'] as const;
export type ConfigSource = (typeof CONFIG_SOURCES)[number];
export const STATUSES = ['inactive', 'degraded', 'healthy', 'down'] as const;
export type Status = (typeof STATUSES)[number];

export const tunnelParams = accountParams.extend({ tunnel_id: uuid });
export const connectorParams = tunnelParams.extend({ connector_id: uuid });

/** A name that reads like an identifier would make "tunnel by name or id" ambiguous, as cloudflared offers it. */
export const tunnelName = text(256)
  .min(1, 'must not be empty')
  .refine((value) => !isUuid(value), 'must not be a UUID');

export const tunnelSecret = z.string().transform((value, context) => {
  const bytes = decodeSecret(value);
  if (bytes) return bytes;
  context.addIssue({ code: 'custom', message: SECRET_RULE });
  return z.NEVER;
});

/** Of a tunnel of cloudflared. */
export const createBody = z.object({
  name: tunnelName,
  tunnel_secret: tunnelSecret.nullish(),
  config_src: z.enum(CONFIG_SOURCES).nullish(),
});

export const patchBody = z.object({ name: tunnelName.nullish(), tunnel_secret: tunnelSecret.nullish() });

const startingWith = (prefix: string) => ({ name: { startsWith: literal(prefix) } });

export const filters = {
  name: filter(text(256), (name) => ({ name: { in: spellings(name) } })),
  uuid: filter(uuid, (id) => ({ id })),
  /** Only the data plane knows it. */
  status: filter(z.enum(STATUSES)),
  is_deleted: isDeleted,
  existed_at: existedAt,
  // No history of connections is kept, so these two speak of the present period only.
  was_active_at: filter(moment, (at) => ({ connsActiveAt: { lte: at } })),
  was_inactive_at: filter(moment, (at) => ({
    connsActiveAt: null,
    OR: [{ connsInactiveAt: { lte: at } }, { connsInactiveAt: null, createdAt: { lte: at } }],
  })),
  include_prefix: filter(text(256), startingWith),
  /** What cloudflared calls `include_prefix`. */
  name_prefix: filter(text(256), startingWith),
  exclude_prefix: filter(text(256), (prefix) => ({ NOT: startingWith(prefix) })),
} satisfies Filters<Prisma.TunnelWhereInput>;
export const listQuery = listQueryOf(filters);

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

const connections = z
  .array(connection)
  .optional()
  .meta({
    deprecated: true,
    description: `Not in lists and GET since ${API_CHANGES.no_listed_connections.since}; there with an earlier --api-date.`,
  });

/** Without `tun_type` and what only one type has. */
export const commonShape = {
  id: z.uuid(),
  account_tag: hexId,
  name: z.string(),
  status: z.enum(STATUSES),
  connections,
  conns_active_at: timestampSchema.nullable(),
  conns_inactive_at: timestampSchema.nullable(),
  created_at: timestampSchema,
  deleted_at: timestampSchema.nullable(),
  metadata: z.object({}),
};

export const warpConnector = z
  .object({ ...commonShape, tun_type: z.literal('warp_connector') })
  .meta({ id: 'WarpConnector' });

export const cloudflaredShape = z.object({
  ...commonShape,
  tun_type: z.literal('cfd_tunnel'),
  config_src: z.enum(CONFIG_SOURCES),
  remote_config: z.boolean(),
});
export const tunnel = cloudflaredShape.meta({ id: 'Tunnel' });

export type PatchBody = z.output<typeof patchBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireTunnel = z.output<typeof tunnel>;
export type WireWarpConnector = z.output<typeof warpConnector>;
export type WireConnector = z.output<typeof connector>;
export type WireConnection = z.output<typeof connection>;
