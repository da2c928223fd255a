import { DialError, type TunnelRequest, type TunnelRequestOptions } from '../egress/contract.js';
import type { OutgoingFields } from '../h2/headers.js';
import type { Connection } from './connection.js';
import { connectorName, type Reachability } from './reachability.js';
import type { Registry } from './registry.js';
import { TunnelSocket } from './tunnel-socket.js';

/**
 * Sends the head of an HTTP request to the ingress rules of a tunnel, over the connection with the fewest streams. One that
 * cannot take the stream is passed over, and connectors that have failed of late are asked last. Throws a DialError:
 * `no_connection`, or `other` for headers that cannot be sent. What becomes of the stream later is up to the caller, who knows
 * whether the request may be sent once more.
 */
export function request(
  {
    registry,
    reachability,
  }: { registry: Pick<Registry, 'pick' | 'probeLiveness'>; reachability: Reachability },
  tunnelId: string,
  head: OutgoingFields,
  { endStream, onLost, failedConnectors }: TunnelRequestOptions,
): TunnelRequest {
  const tried = new Set<Connection>();
  const host = authorityOf(head);
  const choice = {
    excludes: (connection: Connection) => tried.has(connection),
    avoids: ({ info }: Connection) =>
      failedConnectors?.has(info.clientId) || reachability.whyAvoided(info, host) !== null,
  };
  for (;;) {
    const connection = registry.pick(tunnelId, choice);
    if (!connection) throw new DialError('no_connection', whyNoConnection(tunnelId, tried.size));
    tried.add(connection);
    const { info } = connection;
    try {
      const stream = connection.open(head, { onDraining() {}, onLost }, { endStream });
      // `close` follows and says the same.
      stream.on('error', () => {});
      return {
        stream,
        suspect: () => registry.probeLiveness(connection),
        connector: { clientId: info.clientId, name: connectorName(info) },
        connectorFailed: (reason) => reachability.failed(info, host, reason),
        connectorReached: () => reachability.reached(info, host),
        upgraded() {
          const socket = new TunnelSocket();
          socket.carry(stream, connection.halfClose);
          return socket;
        },
      };
    } catch (error) {
      if (error instanceof TypeError)
        throw new DialError('other', `the request cannot be sent: ${error.message}`, { cause: error });
      connection.probeLiveness();
    }
  }
}

/** In lower case: by which ingress rules choose a service, and by which failures are remembered. */
function authorityOf(head: OutgoingFields): string {
  if (!isPairs(head)) return String(head[':authority'] ?? '').toLowerCase();
  const index = head.indexOf(':authority');
  return index < 0 ? '' : head[index + 1]!.toLowerCase();
}

const isPairs = (head: OutgoingFields): head is readonly string[] => Array.isArray(head);

function whyNoConnection(tunnelId: string, tried: number): string {
  if (tried === 0) return `tunnel ${tunnelId} has no connection that takes streams`;
  return `no connection of tunnel ${tunnelId} (${tried}) could take the request`;
}
