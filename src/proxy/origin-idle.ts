import type { OriginConnection } from './origin-connection.js';

/** Connections to origins that wait for the next request. */
export interface OriginIdle {
  /** Grows with every `renew`; a connection carries the number of its time. */
  readonly generation: number;
  /** The one that rested the shortest: the others may run into their idle timeout. */
  take(key: string): OriginConnection | undefined;
  /** Keeps it, or destroys it when it is of an older generation or when its origin has enough of them. */
  put(connection: OriginConnection): void;
  remove(connection: OriginConnection): void;
  /** Closes all, and those in use after their response: the way to an origin may have changed. */
  renew(): void;
}

export function createOriginIdle(limitPerOrigin: number): OriginIdle {
  /** Never holds an empty stack. */
  const stacks = new Map<string, OriginConnection[]>();
  let generation = 0;
  return {
    get generation() {
      return generation;
    },
    take(key) {
      const stack = stacks.get(key);
      const connection = stack?.pop();
      if (stack?.length === 0) stacks.delete(key);
      return connection;
    },
    put(connection) {
      const stack = stacks.get(connection.key);
      if (connection.generation !== generation || (stack && stack.length >= limitPerOrigin)) {
        connection.destroy();
      } else if (stack) stack.push(connection);
      else stacks.set(connection.key, [connection]);
    },
    remove(connection) {
      const stack = stacks.get(connection.key);
      const index = stack ? stack.indexOf(connection) : -1;
      if (!stack || index < 0) return;
      stack.splice(index, 1);
      if (stack.length === 0) stacks.delete(connection.key);
    },
    renew() {
      generation += 1;
      const closing = [...stacks.values()].flat();
      stacks.clear();
      for (const connection of closing) connection.destroy();
    },
  };
}
