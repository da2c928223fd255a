import type { Connection } from './connection.js';

/** The connections whose sessions are not over, those that drain included, by tunnel. */
export interface LiveConnections {
  readonly size: number;
  add(connection: Connection): void;
  remove(connection: Connection): void;
  of(tunnelId: string): Connection[];
  all(): Connection[];
}

export function createLiveConnections(): LiveConnections {
  const tunnels = new Map<string, Set<Connection>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(connection) {
      const { tunnelId } = connection.info;
      const connections = tunnels.get(tunnelId) ?? new Set();
      tunnels.set(tunnelId, connections.add(connection));
      size += 1;
    },
    remove(connection) {
      const { tunnelId } = connection.info;
      const connections = tunnels.get(tunnelId);
      if (!connections?.delete(connection)) return;
      size -= 1;
      if (connections.size === 0) tunnels.delete(tunnelId);
    },
    of: (tunnelId) => [...(tunnels.get(tunnelId) ?? [])],
    all: () => [...tunnels.values()].flatMap((connections) => [...connections]),
  };
}
