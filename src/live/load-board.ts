/** What is under way to each origin of each pool. The proxy writes it, steering reads it. */
export interface LoadView {
  /** Requests without a complete response. */
  outstanding(poolId: string, originKey: string): number;
  /** Open connections that were made for it. */
  connections(poolId: string, originKey: string): number;
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
