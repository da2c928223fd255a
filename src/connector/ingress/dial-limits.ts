import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { realTime } from '../../net/real-time.js';
import { timerMs } from '../seconds.js';
import type { OriginRequestSettings } from './origin-request.js';

/** Ends a request whose connection takes longer than the settings allow, in TCP or in TLS. A kept connection takes none. */
export function limitDial(
  request: ClientRequest,
  { connectTimeout, tlsTimeout }: OriginRequestSettings,
): void {
  request.once('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    let stop = within(request, connectTimeout, 'the service did not accept the connection');
    const done = () => stop();
    socket.once('connect', () => {
      stop();
      if (!(socket instanceof TLSSocket)) return;
      stop = within(request, tlsTimeout, 'the service did not complete the TLS handshake');
      socket.once('secureConnect', done);
    });
    socket.once('close', done);
    request.once('close', done);
  });
}

function within(request: ClientRequest, seconds: number, what: string): () => void {
  if (seconds === 0) return () => {};
  const expire = () => request.destroy(new Error(`${what} within ${seconds} s`));
  return realTime.after(timerMs(seconds), expire, { keepsAlive: true });
}
