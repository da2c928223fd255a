import type { AddressInfo, Server } from 'node:net';
import type { Logger } from 'pino';
import type { ListenAddress } from '../live/messages.js';

export interface Listener {
  /** Resolves with the address that was really taken; rejects when it cannot be had. */
  listen(): Promise<ListenAddress>;
  /** Accepts nobody any more; resolves when the last connection is closed. */
  close(): Promise<void>;
}

/** Pending connections that the kernel keeps for us. */
const BACKLOG = 4096;

/** `server` on an address; port 0 is any free one. */
export function createListener(server: Server, { host, port }: ListenAddress, log: Logger): Listener {
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  let listening = false;
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: BACKLOG }, () => {
          listening = true;
          server.off('error', reject);
          server.on('error', (error) => log.error({ err: error }, 'a listener of the proxy failed'));
          const address = server.address() as AddressInfo;
          resolve({ host: address.address, port: address.port });
        });
      }),
    close() {
      if (server.listening) server.close();
      return listening ? closed : Promise.resolve();
    },
  };
}
