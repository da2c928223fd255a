import { inForce } from '../../api/api-changes.js';
import type { Listed } from '../../api/envelope.js';
import { listed, MAX_PER_PAGE, pageRequest, sliced } from '../../api/pagination.js';
import { timestamp, timestampOrNull } from '../../api/timestamps.js';
import type { ConnectionInfo } from '../../bridge/messages.js';
import { conditionsOf, pageOf, withDeletion } from '../_kit/list-filters.js';
import { shownAs } from '../_kit/soft-deleted.js';
import type { Context, Settings } from '../context.js';
import type { Tunnel } from './definition.js';
import type { ConnectionTimes, StoredTunnel } from './store.js';
import {
  connection,
  filters,
  type ListQuery,
  type Status,
  type StoredType,
  type WireConnection,
  type WireConnector,
  type WireTunnel,
  type WireWarpConnector,
} from './tunnel-shape.js';

/** What answers show of a tunnel, deleted or not. */
export type ShownRow = Pick<StoredTunnel, keyof Tunnel & keyof StoredTunnel> & ConnectionTimes;

/** What lists and GET make of the answer of any type. */
export interface ShownTunnel {
  readonly status: Status;
  readonly connections?: unknown;
}

/** A tunnel as clients see it, with its live connections (oldest first). */
export function tunnelView(tunnel: ShownRow, connections: readonly ConnectionInfo[]): WireTunnel {
  return {
    ...commonView(tunnel, connections),
    tun_type: 'cfd_tunnel',
    config_src: tunnel.configSrc as WireTunnel['config_src'],
    remote_config: tunnel.configSrc === 'cloudflare',
  };
}

export function warpConnectorView(tunnel: ShownRow): WireWarpConnector {
  // None can register.
  return { ...commonView(tunnel, []), tun_type: 'warp_connector' };
}

function commonView(tunnel: ShownRow, connections: readonly ConnectionInfo[]) {
  const { connsActiveAt, connsInactiveAt } = tunnel;
  const [oldest] = connections;
  // The database follows the data plane a moment later: what is live now is never contradicted by it.
  const activeAt = oldest ? (connsActiveAt ?? new Date(oldest.openedAt)) : null;
  return {
    id: tunnel.id,
    account_tag: tunnel.accountId,
    name: tunnel.name,
    status: tunnelStatus(connections, connsActiveAt !== null || connsInactiveAt !== null),
    connections: connections.map(connectionView),
    conns_active_at: timestampOrNull(activeAt),
    conns_inactive_at: timestampOrNull(oldest ? null : connsInactiveAt),
    created_at: timestamp(tunnel.createdAt),
    deleted_at: timestampOrNull(tunnel.deletedAt),
    metadata: {},
  };
}

/** A tunnel as lists and GET show it: its connections have a path of their own, and stand here only before the API changed. */
export function readView<T extends ShownTunnel>(tunnel: T, settings: Settings): T {
  return inForce('no_listed_connections', settings.apiDate) ? { ...tunnel, connections: undefined } : tunnel;
}

/** One page of the account's tunnels of these types, as `view` shows them. */
export async function listTunnels<T extends ShownTunnel>(
  { db, dataPlane, settings }: Pick<Context, 'db' | 'dataPlane' | 'settings'>,
  accountId: string,
  types: readonly StoredType[],
  { status, ...query }: ListQuery,
  view: (tunnel: ShownRow, connections: readonly ConnectionInfo[]) => T,
): Promise<Listed<T>> {
  const page = pageRequest(query, MAX_PER_PAGE);
  // The database cannot filter by what only the data plane knows, so then the pages are cut here.
  const stored = status === undefined ? page : pageRequest({}, null);
  const AND = [{ tunType: { in: [...types] } }, ...conditionsOf(filters, withDeletion(query, settings))];
  const { items, total } = await pageOf<StoredTunnel>(db.read.tunnel, { accountId, AND }, stored);
  const tunnels = items.map((tunnel) => readView(view(tunnel, dataPlane.connections(tunnel.id)), settings));
  if (status === undefined) return listed(tunnels, total, page);
  return sliced(
    tunnels.filter((tunnel) => tunnel.status === status),
    page,
  );
}

/** The connections of each connector, both in the order in which they come. */
export function byConnector<C extends { readonly clientId: string }>(connections: readonly C[]): C[][] {
  const byClient = new Map<string, C[]>();
  for (const connection of connections)
    byClient.set(connection.clientId, [...(byClient.get(connection.clientId) ?? []), connection]);
  return [...byClient.values()];
}

/** The connectors that connections (oldest first) belong to. */
export const connectorViews = (connections: readonly ConnectionInfo[]): WireConnector[] =>
  byConnector(connections).map(connectorView);

function connectorView(all: readonly ConnectionInfo[]): WireConnector {
  const first = all[0]!;
  return {
    id: first.clientId,
    version: first.clientVersion,
    arch: first.arch,
    // The process does not tell when it started; it is running at least since then.
    run_at: timestamp(new Date(first.openedAt)),
    features: [...first.features],
    // All connections of a connector follow one configuration; 0 while it has none of ours.
    config_version: Math.max(0, ...all.map(({ configuration }) => configuration.applied ?? 0)),
    conns: all.map(connectionView),
  };
}

const connectionView = (info: ConnectionInfo): WireConnection =>
  shownAs(connection, info, {
    uuid: info.id,
    is_pending_reconnect: false,
    opened_at: timestamp(new Date(info.openedAt)),
  });

interface Connection {
  readonly clientId: string;
  readonly connIndex: number;
}

/** What cloudflared opens unless it knows fewer edge addresses. */
const FULL_SET = 4;

/**
 * The health of a tunnel from its live connections. A connector does not say how many connections it wants: four are
 * known to be all, and with fewer a gap in their indexes shows that one is lost.
 */
export function tunnelStatus(connections: readonly Connection[], everConnected: boolean): Status {
  if (connections.length === 0) return everConnected ? 'down' : 'inactive';
  const connectors = byConnector(connections);
  const oneIsFull = connectors.some((all) => all.length >= FULL_SET);
  const noneHasGaps = connectors.every(
    (all) => Math.max(...all.map(({ connIndex }) => connIndex)) + 1 === all.length,
  );
  return oneIsFull || noneHasGaps ? 'healthy' : 'degraded';
}
