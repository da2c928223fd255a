import type { OriginConnection } from './origin-connection.js';
import { createEndpointIndex } from './origin-target.js';

/** Connections to origins that wait for the next request. */
export interface OriginIdle {
  /** Grows with every `renew`; a connection carries the number of its time. */
  readonly generation: number;
  /** The one that rested the shortest: the others may run into their idle timeout. */
  take(key: string): OriginConnection | undefined;
  /**
   * Keeps it, or ends it when it is of an older generation or when its origin has enough of them. When there are too many in
   * all, another one is closed for it.
   */
  put(connection: OriginConnection): void;
  remove(connection: OriginConnection): void;
  /** Closes those that lead to an endpoint. */
  drop(endpoint: string): void;
  /** Closes all, and those in use after their response: the way to an origin may have changed. */
  renew(): void;
}

export function createOriginIdle(limitPerOrigin: number, limitTotal: number): OriginIdle {
  /** Never holds an empty stack. */
  const stacks = new Map<string, OriginConnection[]>();
  const endpoints = createEndpointIndex();
  let total = 0;
  let generation = 0;

  function takeOut(key: string, stack: OriginConnection[], index: number): OriginConnection {
    const connection = stack.splice(index, 1)[0]!;
    total -= 1;
    if (stack.length === 0) {
      stacks.delete(key);
      endpoints.remove(connection.target);
    }
    return connection;
  }

  /** Closes the connection that has rested longest at one origin, to make room for one that was just used. */
  function makeRoom(): void {
    const [oldest] = stacks;
    if (oldest) takeOut(...oldest, 0).end();
  }

  return {
    get generation() {
      return generation;
    },
    take(key) {
      const stack = stacks.get(key);
      return stack && takeOut(key, stack, stack.length - 1);
    },
    put(connection) {
      const { key } = connection.target;
      if (connection.generation !== generation || (stacks.get(key)?.length ?? 0) >= limitPerOrigin) {
        connection.end();
        return;
      }
      if (total >= limitTotal) makeRoom();
      const stack = stacks.get(key);
      if (stack) stack.push(connection);
      else {
        stacks.set(key, [connection]);
        endpoints.add(connection.target);
      }
      total += 1;
    },
    remove(connection) {
      const { key } = connection.target;
      const stack = stacks.get(key);
      const index = stack ? stack.indexOf(connection) : -1;
      if (stack && index >= 0) takeOut(key, stack, index);
    },
    drop(endpoint) {
      for (const key of endpoints.keysOf(endpoint)) {
        const stack = stacks.get(key)!;
        while (stack.length > 0) takeOut(key, stack, stack.length - 1).destroy();
      }
    },
    renew() {
      generation += 1;
      total = 0;
      const closing = [...stacks.values()].flat();
      stacks.clear();
      endpoints.clear();
      for (const connection of closing) connection.end();
    },
  };
}
