import {
  type Destination,
  DialError,
  type OriginSocket,
  type TunnelDialer,
} from '../../src/tunnel/egress/contract.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';

export interface LoopbackTunnels extends TunnelDialer {
  connect(tunnelId: string): void;
  disconnect(tunnelId: string): void;
  /** Was connected when the last process ended; until it connects, or has had its time. */
  await(tunnelId: string): void;
  giveUp(tunnelId: string): void;
  /** What has been asked for, in order. */
  readonly dialled: readonly (Destination & { readonly tunnelId: string })[];
  /** Sockets that have not been let go of: now, and at most so far. */
  readonly open: number;
  readonly mostOpen: number;
}

/** Stands in for the connectors: whatever private address a stream asks for, it reaches 127.0.0.1 at the same port. */
export function createLoopbackTunnels(): LoopbackTunnels {
  const live = new Set<string>();
  const awaited = new Set<string>();
  const listeners: ((tunnelId: string, available: boolean) => void)[] = [];
  const dialled: (Destination & { tunnelId: string })[] = [];
  const sockets = new Set<OriginSocket>();
  const direct = createDirectDialer();
  let mostOpen = 0;
  // A destroyed socket has given its descriptor back before it emits `close`.
  const open = () => [...sockets].filter(({ destroyed }) => !destroyed).length;
  return {
    dialled,
    get open() {
      return open();
    },
    get mostOpen() {
      return mostOpen;
    },
    connected: (tunnelId) => live.has(tunnelId),
    dial(tunnelId, destination, options) {
      if (!live.has(tunnelId))
        throw new DialError('no_connection', `dialled without a connection: ${tunnelId}`);
      dialled.push({ ...destination, tunnelId });
      const socket = direct.dial({ host: '127.0.0.1', port: destination.port }, options);
      sockets.add(socket.once('close', () => sockets.delete(socket)));
      mostOpen = Math.max(mostOpen, open());
      return socket;
    },
    request() {
      throw new DialError('no_connection', 'these tunnels carry bytes alone');
    },
    connectors: () => [],
    onAvailability: (listener) => listeners.push(listener),
    awaited: (tunnelId) => awaited.has(tunnelId),
    await: (tunnelId) => void awaited.add(tunnelId),
    giveUp(tunnelId) {
      awaited.delete(tunnelId);
      for (const listener of listeners) listener(tunnelId, false);
    },
    connect(tunnelId) {
      awaited.delete(tunnelId);
      live.add(tunnelId);
      for (const listener of listeners) listener(tunnelId, true);
    },
    disconnect(tunnelId) {
      live.delete(tunnelId);
      for (const listener of listeners) listener(tunnelId, false);
    },
  };
}
