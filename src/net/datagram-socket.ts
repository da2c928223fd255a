import dgram from 'node:dgram';
import { parseIp } from './ip.js';
import type { ListenOn } from './listening-socket.js';

export type TakeDatagram = (message: Buffer, from: dgram.RemoteInfo) => void;

/** A UDP socket that is bound before anybody reads from it. */
export interface DatagramSocket {
  readonly socket: dgram.Socket;
  /** Gives every datagram to `take` from now on, those that have waited first. Called once. */
  serve(take: TakeDatagram, onError: (error: Error) => void): void;
  close(): Promise<void>;
}

/** Datagrams that wait until somebody reads; whoever sent more asks again. */
const MAX_WAITING = 1_024;

/** Rejects when the address cannot be had, and when `fd` is no UDP socket. */
export function openDatagramSocket({
  host,
  port,
  fd,
}: Pick<ListenOn, 'host' | 'port' | 'fd'>): Promise<DatagramSocket> {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  const socket = dgram.createSocket(parseIp(address)?.family === 6 ? 'udp6' : 'udp4');
  const waiting: Parameters<TakeDatagram>[] = [];
  let take: TakeDatagram = (...datagram) => {
    if (waiting.length < MAX_WAITING) waiting.push(datagram);
  };
  socket.on('message', (message, from) => take(message, from));

  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    const bound = () => {
      socket.off('error', reject);
      resolve({
        socket,
        serve(next, onError) {
          socket.on('error', onError);
          take = next;
          for (const datagram of waiting.splice(0)) next(...datagram);
        },
        close: () => new Promise((done) => socket.close(done)),
      });
    };
    if (fd === undefined) socket.bind(port, address, bound);
    // Throws when it is a socket of another kind.
    else socket.bind({ fd }, bound);
  });
}
