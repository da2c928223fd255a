import {
  type DatagramSocket,
  type ListeningSocket,
  type ListenOn,
  openDatagramSocket,
  openListeningSocket,
} from '../net/listening-sockets.js';

export interface DnsSockets {
  readonly tcp: ListeningSocket;
  readonly udp: DatagramSocket;
}

interface DnsListenOn extends Pick<ListenOn, 'host' | 'port'> {
  /** Descriptors of sockets that are bound already, one for each protocol; the other one goes by host and port. */
  readonly fds?: readonly number[];
}

/** A free port of TCP may be taken for UDP by somebody else. */
const PORT_ATTEMPTS = 10;

/** One port for both protocols, as far as nothing else was passed. Rejects when it cannot be had. */
export async function openDnsSockets({ host, port, fds = [] }: DnsListenOn): Promise<DnsSockets> {
  const passed = await byProtocol(fds);
  for (let attemptsLeft = PORT_ATTEMPTS; ; attemptsLeft -= 1) {
    const tcp = await openListeningSocket('dns', { host, port, fd: passed.tcp });
    try {
      return { tcp, udp: passed.udp ?? (await openDatagramSocket({ host, port: tcp.address.port })) };
    } catch (error) {
      await tcp.close();
      if (port !== 0 || passed.tcp !== undefined || attemptsLeft === 0) throw error;
    }
  }
}

/** Nothing says of a descriptor what it is, but only one kind can be opened as a UDP socket. */
async function byProtocol(fds: readonly number[]): Promise<{ tcp?: number; udp?: DatagramSocket }> {
  const passed: { tcp?: number; udp?: DatagramSocket } = {};
  for (const fd of fds) {
    const udp = await openDatagramSocket({ host: '', port: 0, fd }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_INVALID_FD_TYPE') return null;
      throw error;
    });
    if (udp) passed.udp = udp;
    else passed.tcp = fd;
  }
  return passed;
}
