import type { Logger } from 'pino';
import type { DatagramSocket } from '../net/datagram-socket.js';
import { parseIp } from '../net/ip.js';
import { udpBytes } from './reply.js';
import type { DnsResponder } from './responder.js';

/** Answers that the network does not take wait in memory; beyond this many bytes they are left out, as the network would. */
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface UdpListener {
  close(): Promise<void>;
}

/** Answers questions over UDP from now on. */
export function listenUdp(bound: DatagramSocket, responder: DnsResponder, log: Logger): UdpListener {
  const { socket } = bound;
  let closed = false;

  bound.serve(
    async (message, { address: from, port: fromPort }) => {
      // Nobody can be answered there.
      if (fromPort === 0) return;
      const answer = await responder.respond(message, parseIp(from)?.text ?? from, udpBytes);
      if (answer === null || closed || socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
      socket.send(answer, fromPort, from, (error) => {
        if (error) log.debug({ err: error }, 'an answer of DNS was not sent');
      });
    },
    (error) => log.error({ err: error }, 'the UDP listener of DNS failed'),
  );
  return {
    close() {
      closed = true;
      return bound.close();
    },
  };
}
