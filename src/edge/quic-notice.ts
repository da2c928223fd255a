import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import type { ListenAddress } from '../live/messages.js';
import type { Clock } from '../net/clock.js';

/** Listens for connectors that dial over QUIC, which the edge does not speak, and says so in the log. */
export interface QuicNotice {
  /** Resolves when the UDP port is listened on, or cannot be had, which is no failure. */
  open(address: ListenAddress): Promise<void>;
  close(): Promise<void>;
}

const TELL_AGAIN_MS = 60 * 60 * 1000;
/** QUIC 1 (RFC 9000), QUIC 2 (RFC 9369), and the last draft that was deployed widely. */
const VERSIONS = [0x00000001, 0x6b3343cf, 0xff00001d];

/**
 * Nothing is answered: without an answer cloudflared falls back to HTTP/2, unless it was told to keep to QUIC. A closed port
 * would answer by ICMP.
 */
export function createQuicNotice(real: Clock, log: Logger): QuicNotice {
  let socket: dgram.Socket | null = null;
  let lastTold = Number.NEGATIVE_INFINITY;

  function onMessage(message: Buffer, { address }: dgram.RemoteInfo): void {
    if (!opensConnection(message) || real.monotonic() - lastTold < TELL_AGAIN_MS) return;
    lastTold = real.monotonic();
    log.warn(
      { remote: address },
      'edge: a connector dials over QUIC, which is not spoken here: start cloudflared with --protocol http2 (TUNNEL_TRANSPORT_PROTOCOL=http2)',
    );
  }

  return {
    open: ({ host: address, port }) =>
      new Promise((resolve) => {
        const opening = dgram.createSocket(isIPv6(address) ? 'udp6' : 'udp4', onMessage);
        opening.on('error', (error) => {
          log.debug({ err: error, address, port }, 'edge: connectors that dial over QUIC go unnoticed');
          if (socket !== opening) return;
          socket = null;
          opening.close();
        });
        opening.once('close', resolve);
        socket = opening;
        opening.bind({ address, port }, resolve);
      }),
    close() {
      const closing = socket;
      socket = null;
      return new Promise((resolve) => (closing ? closing.close(resolve) : resolve()));
    },
  };
}

/** Whether this is the first packet of a connection: a long header with a version (RFC 9000 section 17.2). */
function opensConnection(message: Buffer): boolean {
  return message.length >= 5 && message[0]! >= 0xc0 && VERSIONS.includes(message.readUInt32BE(1));
}
