import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { ListenAddress } from '../bridge/messages.js';
import { type ListeningSocket, type ListenOn, openListeningSocket } from '../net/listening-sockets.js';

export interface Listener {
  /** Resolves with the address that was really taken; rejects when it cannot be had. */
  listen(): Promise<ListenAddress>;
  /** As `ListeningSocket.close`: the address is free at once, unless `acceptQueued`. */
  close(options?: { readonly acceptQueued: boolean }): Promise<void>;
}

/** Gives the connections of a socket, which is opened if it is not open yet, to `take`. */
export function createListener(
  kind: 'http' | 'https' | 'tcp',
  on: ListenOn,
  take: (socket: Socket) => void,
  log: Logger,
): Listener {
  let socket: ListeningSocket | undefined = on.socket;
  return {
    async listen() {
      socket = await openListeningSocket(kind, on);
      socket.serve(take, (error) => log.error({ err: error }, 'a listener of the proxy failed'));
      return socket.address;
    },
    close: async (options) => socket?.close(options),
  };
}
