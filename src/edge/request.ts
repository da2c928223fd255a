import type { OutgoingHead } from '../http2/outgoing-fields.js';
import { DialError, type TunnelRequest, type TunnelRequestOptions } from '../offramps/contract.js';
import type { Connection } from './connection.js';
import type { Registry } from './registry.js';
import { TunnelSocket } from './tunnel-socket.js';

/**
 * Sends the head of an HTTP request to the ingress rules of a tunnel, over the connection with the fewest streams. One that
 * cannot take the stream is passed over. Throws a DialError: `no_connection`, or `other` for headers that cannot be sent.
 * What becomes of the stream later is up to the caller, who knows whether the request may be sent once more.
 */
export function request(
  registry: Pick<Registry, 'pick'>,
  tunnelId: string,
  head: OutgoingHead,
  { endStream, onLost }: TunnelRequestOptions,
): TunnelRequest {
  const tried = new Set<Connection>();
  for (;;) {
    const connection = registry.pick(tunnelId, tried);
    if (!connection) throw new DialError('no_connection', whyNoConnection(tunnelId, tried.size));
    tried.add(connection);
    try {
      const stream = connection.open(head, { onDraining() {}, onLost }, { endStream });
      // `close` follows and says the same.
      stream.on('error', () => {});
      return {
        stream,
        suspect: connection.suspect,
        upgraded() {
          const socket = new TunnelSocket();
          socket.carry(stream, connection.halfClose);
          return socket;
        },
      };
    } catch (error) {
      if (error instanceof TypeError)
        throw new DialError('other', `the request cannot be sent: ${error.message}`, { cause: error });
      connection.suspect();
    }
  }
}

function whyNoConnection(tunnelId: string, tried: number): string {
  if (tried === 0) return `tunnel ${tunnelId} has no connection that takes streams`;
  return `no connection of tunnel ${tunnelId} (${tried}) could take the request`;
}
