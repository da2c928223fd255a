import type { ConnectorId, Reachability } from './reachability.js';
import { connectorName } from './reachability.js';
import type { Registry } from './registry.js';
import type { TunnelSocket } from './tunnel-socket.js';

/** The sockets that connectors carry. One whose connector becomes doubtful while another one is not emits `connectorDoubtful`. */
export interface CarriedSockets {
  /** Until the socket closes. */
  add(connector: ConnectorId, destination: string, socket: TunnelSocket): void;
}

/** A socket that is told may cost as much as a new request: between so many, everything else on the thread gets its turn. */
const SOCKETS_PER_TURN = 64;

type Carried = ReadonlyMap<TunnelSocket, ConnectorId>;

export function createCarriedSockets(
  registry: Pick<Registry, 'connectors'>,
  reachability: Pick<Reachability, 'onChange' | 'whyAvoided'>,
): CarriedSockets {
  /** By tunnel and destination; never holds an empty map. */
  const sockets = new Map<string, Map<TunnelSocket, ConnectorId>>();
  /** Those that are being looked at, turn by turn. */
  const looking = new Set<string>();
  const keyOf = (tunnelId: string, destination: string) => `${tunnelId} ${destination}`;

  reachability.onChange((tunnelId, destination) => {
    const key = keyOf(tunnelId, destination);
    if (!sockets.has(key) || looking.has(key)) return;
    looking.add(key);
    // Connectors that fail together are told one after the other: only then it is known whether any is left.
    setImmediate(() => {
      looking.delete(key);
      const carried = sockets.get(key);
      if (carried && othersReach(tunnelId, destination)) tell(carried, [...carried.keys()], destination, 0);
    });
  });

  const othersReach = (tunnelId: string, destination: string) =>
    registry
      .connectors(tunnelId)
      .some(({ info, usable }) => usable && reachability.whyAvoided(info, destination) === null);

  function tell(carried: Carried, all: readonly TunnelSocket[], destination: string, from: number): void {
    const end = from + SOCKETS_PER_TURN;
    for (const socket of all.slice(from, end)) {
      const connector = carried.get(socket);
      if (connector && reachability.whyAvoided(connector, destination) !== null)
        socket.emit('connectorDoubtful', connectorName(connector));
    }
    if (end < all.length) setImmediate(() => tell(carried, all, destination, end));
  }

  return {
    add(connector, destination, socket) {
      const key = keyOf(connector.tunnelId, destination);
      const carried = sockets.get(key) ?? new Map<TunnelSocket, ConnectorId>();
      sockets.set(key, carried.set(socket, connector));
      socket.once('close', () => {
        if (carried.delete(socket) && carried.size === 0 && sockets.get(key) === carried) sockets.delete(key);
      });
    },
  };
}
