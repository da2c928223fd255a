/** What is under way to each origin of each pool. The proxy writes it, steering reads it. */
export interface LoadView {
  /** Requests without a complete response: of one origin, or of the pool in all. */
  outstanding(poolId: string, originKey?: string): number;
  /** Open connections that were made for it. */
  connections(poolId: string, originKey?: string): number;
}

export type LoadChange = (poolId: string, originKey: string) => void;

export interface LoadBoard extends LoadView {
  requestStarted(poolId: string, originKey: string): void;
  requestEnded(poolId: string, originKey: string): void;
  connectionOpened(poolId: string, originKey: string): void;
  connectionClosed(poolId: string, originKey: string): void;
  /** Called after each change. */
  onChange(listener: LoadChange): void;
}

/** For whoever shows origins to clients and carries nothing to them, such as DNS. */
export const NO_LOAD: LoadView & Pick<LoadBoard, 'onChange'> = {
  outstanding: () => 0,
  connections: () => 0,
  onChange: () => {},
};

/**
 * A board on which nothing is under way. It holds no more entries than there are requests and connections under way: what
 * ends takes its entry along. An end without a start counts for nothing.
 */
export function createLoadBoard(): LoadBoard {
  const requests = createCounts();
  const connections = createCounts();
  const listeners: LoadChange[] = [];

  const counted =
    (change: (poolId: string, originKey: string) => boolean): LoadChange =>
    (poolId, originKey) => {
      if (!change(poolId, originKey)) return;
      for (const listener of listeners) listener(poolId, originKey);
    };

  return {
    outstanding: requests.of,
    connections: connections.of,
    requestStarted: counted(requests.add),
    requestEnded: counted(requests.take),
    connectionOpened: counted(connections.add),
    connectionClosed: counted(connections.take),
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

interface PoolCount {
  total: number;
  readonly origins: Map<string, number>;
}

function createCounts() {
  const pools = new Map<string, PoolCount>();
  return {
    of(poolId: string, originKey?: string): number {
      const pool = pools.get(poolId);
      if (pool === undefined) return 0;
      return originKey === undefined ? pool.total : (pool.origins.get(originKey) ?? 0);
    },
    add(poolId: string, originKey: string): boolean {
      let pool = pools.get(poolId);
      if (pool === undefined) {
        pool = { total: 0, origins: new Map() };
        pools.set(poolId, pool);
      }
      pool.total += 1;
      pool.origins.set(originKey, (pool.origins.get(originKey) ?? 0) + 1);
      return true;
    },
    take(poolId: string, originKey: string): boolean {
      const pool = pools.get(poolId);
      const count = pool?.origins.get(originKey);
      if (pool === undefined || count === undefined) return false;
      pool.total -= 1;
      if (count > 1) pool.origins.set(originKey, count - 1);
      else pool.origins.delete(originKey);
      if (pool.total === 0) pools.delete(poolId);
      return true;
    },
  };
}
