import { ApiError } from '../../api/errors.js';
import type { ConnectionEvent } from '../../bridge/data-plane.js';
import type { DatabaseClient } from '../../storage/database.js';
import type {
  Tunnel as StoredTunnel,
  TunnelConfiguration,
  WarpConfiguration,
} from '../../storage/generated/client.js';
import { told } from './cloudflared/configuration-schema.js';
import type { StoredType } from './tunnel-shape.js';

export type { StoredTunnel };

/** The tunnel of this type, deleted or not; throws when the account has none with this id. */
export async function findTunnel(
  db: DatabaseClient,
  accountId: string,
  type: StoredType,
  id: string,
): Promise<StoredTunnel> {
  const tunnel = await db.tunnel.findFirst({ where: { id, accountId, tunType: type } });
  if (!tunnel) throw new ApiError('tunnel_missing');
  return tunnel;
}

export async function findSecret(db: DatabaseClient, tunnelId: string): Promise<Uint8Array> {
  return (await db.tunnelSecret.findUniqueOrThrow({ where: { tunnelId } })).secret;
}

export type ConnectionTimes = Pick<StoredTunnel, 'connsActiveAt' | 'connsInactiveAt'>;
export const NEVER_CONNECTED: ConnectionTimes = { connsActiveAt: null, connsInactiveAt: null };

/** The tunnel with the times that memory does not have. */
export async function withTimes<T extends { readonly id: string }>(
  db: DatabaseClient,
  tunnel: T,
): Promise<T & ConnectionTimes> {
  const select = { connsActiveAt: true, connsInactiveAt: true };
  const times = await db.tunnel.findUnique({ where: { id: tunnel.id }, select });
  return { ...tunnel, ...(times ?? NEVER_CONNECTED) };
}

/** The newest configuration; null before the first one. */
export function findConfiguration(db: DatabaseClient, tunnelId: string): Promise<TunnelConfiguration | null> {
  return db.tunnelConfiguration.findUnique({ where: { tunnelId } });
}

/** Every WARP connector tunnel has one from the start. */
export function findWarpConfiguration(db: DatabaseClient, tunnelId: string): Promise<WarpConfiguration> {
  return db.warpConfiguration.findUniqueOrThrow({ where: { tunnelId } });
}

/**
 * Keeps what a connector of a locally managed tunnel tells of its configuration, JSON text of an object; of several connectors, what
 * was told last. Throws when it cannot be kept. It is shown, and followed by nobody, so that it numbers no revision. The version
 * stays: a PUT goes on from it. What the tunnel is must not change meanwhile.
 */
export async function recordLocalConfiguration(
  db: DatabaseClient,
  tunnelId: string,
  json: string,
  now: Date,
): Promise<void> {
  const { data, error } = told.safeParse(JSON.parse(json));
  if (!data) {
    const [issue] = error!.issues;
    throw new Error(`${['config', ...issue!.path].join('.')} ${issue!.message}`);
  }
  await db.$executeRaw`
    insert into tunnel_configuration as stored (tunnel_id, version, config, created_at)
    select id, 0, ${JSON.stringify(data)}::jsonb, ${now} from tunnel
    where id = ${tunnelId}::uuid and deleted_at is null and config_src = 'local' for share
    on conflict (tunnel_id) do update set config = excluded.config, created_at = excluded.created_at
    where stored.config is distinct from excluded.config`;
}

/**
 * Keeps `conns_active_at` (since when the tunnel has had connections without a break) and `conns_inactive_at` (when the
 * last one went; null while active). This is no configuration, so it numbers no revision. The events of one tunnel must
 * be recorded one after the other, in their order.
 */
export async function recordConnection(db: DatabaseClient, event: ConnectionEvent): Promise<void> {
  const id = event.connection.tunnelId;
  // The second and later ones change nothing, and come by the thousand.
  if (event.type === 'connection_opened' && event.remaining === 1)
    await db.tunnel.updateMany({
      where: { id, connsActiveAt: null },
      data: { connsActiveAt: new Date(event.connection.openedAt), connsInactiveAt: null },
    });
  else if (event.type !== 'connection_opened' && event.remaining === 0)
    await db.tunnel.updateMany({
      where: { id },
      data: { connsActiveAt: null, connsInactiveAt: new Date(event.at) },
    });
}

/**
 * For the start: no connection outlives the process, so what was active when it ended is inactive now. Returns the ids of these
 * tunnels, whose connectors are on their way back.
 */
export async function resetConnections(db: DatabaseClient, now: Date): Promise<string[]> {
  const active = await db.tunnel.findMany({
    where: { connsActiveAt: { not: null }, deletedAt: null },
    select: { id: true },
  });
  await db.tunnel.updateMany({
    where: { connsActiveAt: { not: null } },
    data: { connsActiveAt: null, connsInactiveAt: now },
  });
  return active.map(({ id }) => id);
}
