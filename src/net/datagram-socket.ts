import dgram from 'node:dgram';
import { readFileSync, readlinkSync } from 'node:fs';
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
  const isIpv6 = fd === undefined ? parseIp(address)?.family === 6 : isUdp6(fd);
  const socket = dgram.createSocket(isIpv6 ? 'udp6' : 'udp4');
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

/** Node must know the family before it takes a socket, and does not ask the socket. Passed sockets are a thing of Linux, which tells. */
function isUdp6(fd: number): boolean {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    const lines = readFileSync('/proc/self/net/udp6', 'latin1').split('\n');
    return inode !== undefined && lines.some((line) => line.trim().split(/\s+/)[9] === inode);
  } catch {
    return false;
  }
}
