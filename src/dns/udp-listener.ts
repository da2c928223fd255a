import dgram from 'node:dgram';
import type { Logger } from 'pino';
import { parseIp } from '../net/ip.js';
import { udpBytes } from './reply.js';
import type { Responder } from './responder.js';

/** Answers that the network does not take wait in memory; beyond this many bytes they are left out, as the network would. */
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface UdpListener {
  close(): Promise<void>;
}

/** Rejects when the address cannot be had. `port` is not 0. */
export function listenUdp(
  host: string,
  port: number,
  responder: Responder,
  log: Logger,
): Promise<UdpListener> {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  const socket = dgram.createSocket(parseIp(address)?.family === 6 ? 'udp6' : 'udp4');

  socket.on('message', async (message, { address: from, port: fromPort }) => {
    // Nobody can be answered there.
    if (fromPort === 0) return;
    const answer = await responder.respond(message, parseIp(from)?.text ?? from, udpBytes);
    if (answer === null || closed || socket.getSendQueueSize() > MAX_QUEUED_BYTES) return;
    socket.send(answer, fromPort, from, (error) => {
      if (error) log.debug({ err: error }, 'an answer of DNS was not sent');
    });
  });
  let closed = false;

  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      socket.on('error', (error) => log.error({ err: error }, 'the UDP listener of DNS failed'));
      resolve({
        close() {
          closed = true;
          return new Promise((done) => socket.close(done));
        },
      });
    });
  });
}
