import type { LimitReached } from './limit-log.js';
import type { RequestingClient } from './requester.js';

/** A client's connection, whatever it speaks. */
export interface ClientTransport {
  readonly identity: RequestingClient;
  /** Ends now when no request is under way, otherwise after them. With `awaitFirst` one without any request so far stays. */
  drain(awaitFirst?: boolean): void;
  destroy(): void;
  /** Closes the connection at once if nothing is under way on it; false when there is. */
  closeIdle(): boolean;
}

/** Transports tell when they rest between two requests. */
export interface IdleClients {
  rest(client: ClientTransport): void;
  /** It has work again, or is gone. */
  leave(client: ClientTransport): void;
}

/** All connections of clients, in number not above a limit. */
export interface ClientConnections extends IdleClients {
  /** Whether one more can be served. At the limit the one that has rested for longest is closed for it. */
  makeRoom(): boolean;
  add(client: ClientTransport): void;
  remove(client: ClientTransport): void;
  all(): Iterable<ClientTransport>;
  readonly size: number;
}

/** Of idle connections, those that are asked whether they can go: a few may still be sending. */
const MAX_ASKED = 64;

/**
 * A connection that has never had a request is not idle: its first one may be on the way, and clients do not send it again
 * as they do when a kept connection is closed.
 */
export function createClientConnections(limit: number, limitReached: LimitReached): ClientConnections {
  const clients = new Set<ClientTransport>();
  /** In the order in which they began to rest. */
  const idle = new Set<ClientTransport>();

  function closeOldest(): boolean {
    let asked = 0;
    for (const client of idle) {
      if (client.closeIdle()) {
        idle.delete(client);
        clients.delete(client);
        return true;
      }
      asked += 1;
      if (asked === MAX_ASKED) break;
    }
    return false;
  }

  return {
    makeRoom() {
      if (clients.size < limit) return true;
      limitReached('client connections', limit);
      return closeOldest();
    },
    add: (client) => void clients.add(client),
    remove(client) {
      clients.delete(client);
      idle.delete(client);
    },
    rest(client) {
      if (clients.has(client)) idle.add(client);
    },
    leave: (client) => void idle.delete(client),
    all: () => clients,
    get size() {
      return clients.size;
    },
  };
}
