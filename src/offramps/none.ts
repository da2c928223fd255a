import { Duplex } from 'node:stream';
import { DialError, type OriginSocket, type Way } from './contract.js';

/** There is no way: a socket that never connects. Its `error` comes after the caller could listen, as with every other socket. */
export function dialNowhere({ failure, detail }: Extract<Way, { kind: 'none' }>): OriginSocket {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  return Object.assign(socket.destroy(new DialError(failure, detail)), {
    connecting: false,
    destroySoon() {},
  });
}
