import type { ConfigurationState, ConnectionInfo } from './messages.js';

/** The live connections, as the control plane knows them from what the data plane tells. */
export interface ConnectionTable {
  /** Both tell how many connections the tunnel has now. */
  add(connection: ConnectionInfo): number;
  remove(connection: ConnectionInfo): number;
  configured(tunnelId: string, connectionId: string, configuration: ConfigurationState): void;
  /** Oldest first. */
  of(tunnelId: string): readonly ConnectionInfo[];
}

export function createConnectionTable(): ConnectionTable {
  const tunnels = new Map<string, Map<string, ConnectionInfo>>();
  return {
    add(connection) {
      const ofTunnel = tunnels.get(connection.tunnelId) ?? new Map<string, ConnectionInfo>();
      tunnels.set(connection.tunnelId, ofTunnel.set(connection.id, connection));
      return ofTunnel.size;
    },
    remove({ id, tunnelId }) {
      const ofTunnel = tunnels.get(tunnelId);
      ofTunnel?.delete(id);
      if (ofTunnel?.size === 0) tunnels.delete(tunnelId);
      return ofTunnel?.size ?? 0;
    },
    configured(tunnelId, connectionId, configuration) {
      const ofTunnel = tunnels.get(tunnelId);
      const connection = ofTunnel?.get(connectionId);
      // One that has gone meanwhile stays gone.
      if (connection) ofTunnel!.set(connectionId, { ...connection, configuration });
    },
    of: (tunnelId) => [...(tunnels.get(tunnelId)?.values() ?? [])],
  };
}
