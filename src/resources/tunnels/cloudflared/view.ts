import { inForce } from '../../../api/api-changes.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { ConnectionInfo } from '../../../live/messages.js';
import type { Settings } from '../../context.js';
import type { WireConnection, WireTunnel, WireWarpConnector } from '../tunnel-shape.js';
import type { WireConnector } from './schema.js';
import { statusOf } from './status.js';
import type { Tunnel } from './store.js';

/** A tunnel as clients see it, with its live connections (oldest first). */
export function tunnelView(tunnel: Tunnel, connections: readonly ConnectionInfo[]): WireTunnel {
  return {
    ...commonView(tunnel, connections),
    tun_type: 'cfd_tunnel',
    config_src: tunnel.configSrc as WireTunnel['config_src'],
    remote_config: tunnel.configSrc === 'cloudflare',
  };
}

export function warpConnectorView(tunnel: Tunnel): WireWarpConnector {
  // None can register.
  return { ...commonView(tunnel, []), tun_type: 'warp_connector' };
}

function commonView(tunnel: Tunnel, connections: readonly ConnectionInfo[]) {
  const { connsActiveAt, connsInactiveAt } = tunnel;
  const [oldest] = connections;
  // The database follows the data plane a moment later: what is live now is never contradicted by it.
  const activeAt = oldest ? (connsActiveAt ?? new Date(oldest.openedAt)) : null;
  return {
    id: tunnel.id,
    account_tag: tunnel.accountId,
    name: tunnel.name,
    status: statusOf(connections, connsActiveAt !== null || connsInactiveAt !== null),
    connections: connections.map(connectionView),
    conns_active_at: timestampOrNull(activeAt),
    conns_inactive_at: timestampOrNull(oldest ? null : connsInactiveAt),
    created_at: timestamp(tunnel.createdAt),
    deleted_at: timestampOrNull(tunnel.deletedAt),
    metadata: {},
  };
}

/** A tunnel as lists and GET show it: its connections have a path of their own, and stand here only before the API changed. */
export function readView<T extends { readonly connections?: unknown }>(tunnel: T, settings: Settings): T {
  return inForce('no_listed_connections', settings.apiDate) ? { ...tunnel, connections: undefined } : tunnel;
}

/** Connections (oldest first) by the connector that they belong to. */
export function connectorViews(connections: readonly ConnectionInfo[]): WireConnector[] {
  const byClient = new Map<string, ConnectionInfo[]>();
  for (const connection of connections) {
    byClient.set(connection.clientId, [...(byClient.get(connection.clientId) ?? []), connection]);
  }
  return [...byClient.values()].map((all) => connectorView(all[0]!, all));
}

function connectorView(first: ConnectionInfo, all: readonly ConnectionInfo[]): WireConnector {
  return {
    id: first.clientId,
    version: first.clientVersion,
    arch: first.arch,
    // The process does not tell when it started; it is running at least since then.
    run_at: timestamp(new Date(first.openedAt)),
    features: [...first.features],
    config_version: appliedVersion(all),
    conns: all.map(connectionView),
  };
}

/** All connections of a connector follow one configuration; 0 while it has none of ours. */
const appliedVersion = (all: readonly ConnectionInfo[]) =>
  Math.max(0, ...all.map(({ configuration }) => configuration.applied ?? 0));

function connectionView(connection: ConnectionInfo): WireConnection {
  return {
    id: connection.id,
    uuid: connection.id,
    client_id: connection.clientId,
    client_version: connection.clientVersion,
    colo_name: connection.coloName,
    is_pending_reconnect: false,
    opened_at: timestamp(new Date(connection.openedAt)),
    origin_ip: connection.originIp,
  };
}
