import type { Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { KeyPair } from './certificates.js';

export interface StreamHandshakes {
  /** Calls `established` when the handshake has succeeded; when it fails, `stream` is destroyed. */
  begin(stream: Socket, established: (socket: TLSSocket) => void): void;
  useCertificate(pair: KeyPair): void;
}

/**
 * TLS over streams that are no sockets of the system, such as those under faults. A server does not say which stream a TLS socket of
 * its is over, and such a one has no address to tell it by: so each gets a server of its own. There are few of them.
 */
export function createStreamHandshakes(
  initial: KeyPair,
  options: Pick<tls.TlsOptions, 'SNICallback' | 'ALPNProtocols' | 'handshakeTimeout' | 'minVersion'>,
): StreamHandshakes {
  let pair = initial;
  return {
    begin(stream, established) {
      const { certificate: cert, key } = pair;
      const server = tls.createServer({ ...options, cert, key });
      server.once('secureConnection', established);
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      server.emit('connection', stream);
    },
    useCertificate(next) {
      pair = next;
    },
  };
}
