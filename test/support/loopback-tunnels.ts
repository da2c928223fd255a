import { type Destination, DialError, type TunnelDialer } from '../../src/offramps/contract.js';
import { createDirectDialer } from '../../src/offramps/direct.js';

export interface LoopbackTunnels extends TunnelDialer {
  connect(tunnelId: string): void;
  disconnect(tunnelId: string): void;
  /** What has been asked for, in order. */
  readonly dialled: readonly (Destination & { readonly tunnelId: string })[];
}

/** Stands in for the connectors: whatever private address a stream asks for, it reaches 127.0.0.1 at the same port. */
export function createLoopbackTunnels(): LoopbackTunnels {
  const live = new Set<string>();
  const listeners: ((tunnelId: string, available: boolean) => void)[] = [];
  const dialled: (Destination & { tunnelId: string })[] = [];
  const direct = createDirectDialer();
  return {
    dialled,
    connected: (tunnelId) => live.has(tunnelId),
    dial(tunnelId, destination, options) {
      if (!live.has(tunnelId))
        throw new DialError('no_connection', `dialled without a connection: ${tunnelId}`);
      dialled.push({ ...destination, tunnelId });
      return direct({ host: '127.0.0.1', port: destination.port }, options);
    },
    onAvailability: (listener) => listeners.push(listener),
    connect(tunnelId) {
      live.add(tunnelId);
      for (const listener of listeners) listener(tunnelId, true);
    },
    disconnect(tunnelId) {
      live.delete(tunnelId);
      for (const listener of listeners) listener(tunnelId, false);
    },
  };
}
