import { spellings } from '../../../api/doubly-encoded.js';
import { type PageRequest, pageWindow } from '../../../api/pagination.js';
import type { LiveConfiguration, LiveTunnel } from '../../../live/snapshot.js';
import type { Client, Tx } from '../../../storage/database.js';
import { Prisma, type Tunnel as Row, type TunnelConfiguration } from '../../../storage/generated/client.js';
import { existedAt } from '../../existed-at.js';
import { literal } from '../../like.js';
import { secretDigest } from '../tunnel-secret.js';
import type { ListQuery } from '../tunnel-shape.js';
import type { StoredType } from '../tunnel-types.js';

/** Without the secret, which only `findSecret` and `liveTunnels` ever read. */
export type Tunnel = Omit<Row, 'secret'>;
export type NewTunnel = Row;
export type Configuration = TunnelConfiguration;

const omit = { secret: true } as const;

/** The tunnel of one of these types with this id, deleted or not. */
export function find(
  db: Client,
  accountId: string,
  types: readonly StoredType[],
  id: string,
): Promise<Tunnel | null> {
  return db.tunnel.findFirst({ where: { id, accountId, tunType: { in: [...types] } }, omit });
}

/** The live tunnel with this name, of whatever type. */
export function findByName(db: Client, accountId: string, name: string): Promise<Tunnel | null> {
  return db.tunnel.findFirst({ where: { accountId, name, deletedAt: null }, omit });
}

export async function findSecret(db: Client, id: string): Promise<Uint8Array> {
  const { secret } = await db.tunnel.findUniqueOrThrow({ where: { id }, select: { secret: true } });
  return secret;
}

/** `status` is not among the filters here: only the data plane knows it. */
export async function list(
  db: Client,
  accountId: string,
  types: readonly StoredType[],
  query: Omit<ListQuery, 'status'>,
  page: PageRequest,
): Promise<{ items: Tunnel[]; total: number }> {
  const where = { accountId, tunType: { in: [...types] }, AND: filtersOf(query) };
  const items = await db.tunnel.findMany({
    where,
    omit,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    ...pageWindow(page),
  });
  return { items, total: await db.tunnel.count({ where }) };
}

function filtersOf(query: Omit<ListQuery, 'status'>): Prisma.TunnelWhereInput[] {
  const filters: (Prisma.TunnelWhereInput | false)[] = [
    query.name !== undefined && { name: { in: spellings(query.name) } },
    query.uuid !== undefined && { id: query.uuid },
    query.is_deleted !== undefined && { deletedAt: query.is_deleted ? { not: null } : null },
    query.existed_at !== undefined && existedAt(query.existed_at),
    query.was_active_at !== undefined && { connsActiveAt: { lte: query.was_active_at } },
    query.was_inactive_at !== undefined && inactiveSince(query.was_inactive_at),
    query.include_prefix !== undefined && { name: { startsWith: literal(query.include_prefix) } },
    query.name_prefix !== undefined && { name: { startsWith: literal(query.name_prefix) } },
    query.exclude_prefix !== undefined && { NOT: { name: { startsWith: literal(query.exclude_prefix) } } },
  ];
  return filters.filter((filter) => filter !== false);
}

/** No history of connections is kept, so both `was_…_at` filters speak of the present period only. */
const inactiveSince = (at: Date): Prisma.TunnelWhereInput => ({
  connsActiveAt: null,
  OR: [{ connsInactiveAt: { lte: at } }, { connsInactiveAt: null, createdAt: { lte: at } }],
});

export async function insert(tx: Tx, tunnel: NewTunnel): Promise<void> {
  await tx.db.tunnel.create({ data: tunnel });
  tx.changed('tunnel', tunnel.id);
}

export async function update(
  tx: Tx,
  id: string,
  data: { name?: string; secret?: Uint8Array<ArrayBuffer>; configSrc?: string },
): Promise<Tunnel> {
  tx.changed('tunnel', id);
  return await tx.db.tunnel.update({ where: { id }, data, omit });
}

/** Deletes the tunnel and, with it, what leads to it. */
export async function remove(tx: Tx, id: string, at: Date): Promise<Tunnel> {
  const where = { tunnelId: id, deletedAt: null };
  const routes = await tx.db.route.findMany({ where, select: { id: true } });
  await tx.db.route.updateMany({ where, data: { deletedAt: at } });
  for (const route of routes) tx.changed('route', route.id);
  const hostnameRoutes = await tx.db.hostnameRoute.findMany({ where, select: { id: true } });
  await tx.db.hostnameRoute.updateMany({ where, data: { deletedAt: at } });
  for (const route of hostnameRoutes) tx.changed('hostname_route', route.id);
  tx.changed('tunnel', id);
  return await tx.db.tunnel.update({ where: { id }, data: { deletedAt: at }, omit });
}

/** An active tunnel keeps the time of its first connection. */
export async function markActive(db: Client, id: string, at: Date): Promise<void> {
  await db.tunnel.updateMany({
    where: { id, connsActiveAt: null },
    data: { connsActiveAt: at, connsInactiveAt: null },
  });
}

export async function markInactive(db: Client, id: string, at: Date): Promise<void> {
  await db.tunnel.updateMany({ where: { id }, data: { connsActiveAt: null, connsInactiveAt: at } });
}

/** Ids of those that have connections, as far as it is written down. */
export async function activeTunnels(db: Client): Promise<string[]> {
  const where = { connsActiveAt: { not: null }, deletedAt: null };
  return (await db.tunnel.findMany({ where, select: { id: true } })).map(({ id }) => id);
}

export async function markAllInactive(db: Client, at: Date): Promise<void> {
  await db.tunnel.updateMany({
    where: { connsActiveAt: { not: null } },
    data: { connsActiveAt: null, connsInactiveAt: at },
  });
}

/** What the data plane may see: those with these ids, or all, that are not deleted and that cloudflared can serve. */
export async function liveTunnels(
  db: Client,
  ids: readonly string[] | null,
): Promise<(LiveTunnel & { readonly createdAt: Date })[]> {
  const where = { deletedAt: null, tunType: 'cfd_tunnel', ...(ids ? { id: { in: [...ids] } } : {}) };
  const tunnels = await db.tunnel.findMany({ where, include: { configuration: true } });
  return tunnels.map(({ id, accountId, name, secret, configSrc, configuration, createdAt }) => ({
    id,
    createdAt,
    accountId,
    name,
    secretSha256: secretDigest(secret),
    configuration: configSrc === 'cloudflare' ? liveConfiguration(configuration) : null,
  }));
}

/** Before the first one it is version 0 and empty: what a connector has of its own does not count any more. */
function liveConfiguration(configuration: Configuration | null): LiveConfiguration {
  return {
    version: configuration?.version ?? 0,
    config: JSON.stringify(configuration?.config ?? {}),
  };
}

export function findConfiguration(db: Client, tunnelId: string): Promise<Configuration | null> {
  return db.tunnelConfiguration.findUnique({ where: { tunnelId } });
}

/** The tunnel with its configuration. */
export function findConfigured(
  db: Client,
  id: string,
): Promise<(Tunnel & { readonly configuration: Configuration | null }) | null> {
  return db.tunnel.findUnique({ where: { id }, omit, include: { configuration: true } });
}

/** What connectors tell of themselves: shown, and followed by nobody, so that it numbers no revision. */
export async function putLocalConfiguration(
  db: Client,
  tunnelId: string,
  {
    version,
    config,
    createdAt,
  }: { readonly version: number; readonly config: object; readonly createdAt: Date },
): Promise<void> {
  const data = { version, config, createdAt };
  await db.tunnelConfiguration.upsert({
    where: { tunnelId },
    create: { tunnelId, ...data },
    update: data,
  });
}

/** Replaces the tunnel's configuration. */
export async function putConfiguration(
  tx: Tx,
  { tunnelId, config, ...rest }: Omit<Configuration, 'config'> & { readonly config: object | null },
): Promise<Configuration> {
  const data = { ...rest, config: config ?? Prisma.JsonNull };
  tx.changed('tunnel', tunnelId);
  return await tx.db.tunnelConfiguration.upsert({
    where: { tunnelId },
    create: { tunnelId, ...data },
    update: data,
  });
}
