import type { IncomingHttpHeaders } from 'node:http2';
import tls, { type TLSSocket } from 'node:tls';
import { realTime } from '../net/real-time.js';
import { Http2Session } from '../tunnel/h2/session.js';
import type { Http2Stream } from '../tunnel/h2/stream.js';
import type { Registered, RegisterRequest } from '../tunnel/rpc/registration.js';
import type { HostPort } from './address-map.js';
import type { ConnectorLog } from './contract.js';
import type { EdgeRequest } from './edge-stream.js';
import { createRegistrationCalls, type RegistrationCalls } from './registration-call.js';
import { endWhenSilent } from './silence.js';

export interface TransportOptions {
  readonly edge: HostPort;
  /** PEM of the authority that has signed the edge's certificate. */
  readonly ca: string;
  readonly request: RegisterRequest;
  /** Takes every stream but the one for registration. */
  readonly serveStream: (request: EdgeRequest) => void;
  readonly log: ConnectorLog;
}

export interface Transport {
  /** Rejects with or with the error that ended the transport before. */
  readonly registered: Promise<Registered>;
  /** Whether the edge has said that it goes away (GOAWAY). */
  readonly goodbye: boolean;
  /** The transport is over, for whatever reason. */
  readonly closed: Promise<void>;
  /** Tells the edge the connector's own configuration, as JSON; see `RegistrationCalls`. */
  tellConfiguration(json: Buffer): Promise<void>;
  /** Unregisters, lets the open streams end for at most `graceMs`, then ends. */
  leave(graceMs: number): Promise<void>;
  destroy(): void;
}

/** The name in the edge's certificate, whatever its address is. */
const SERVER_NAME = 'h2.cftunnel.com';
const SET_UP_TIMEOUT_MS = 15_000;
const END_STREAM = 1;
const UPGRADE = 'cf-cloudflared-proxy-connection-upgrade';

/** Dials the edge, serves HTTP/2 to it on that connection, and registers on the stream that it opens for this. */
export function openTransport(options: TransportOptions): Transport {
  const { edge, request, serveStream, log } = options;
  // No ALPN: an edge for connectors speaks HTTP/2 at once.
  const socket = tls.connect({ host: edge.host, port: edge.port, ca: options.ca, servername: SERVER_NAME });
  socket.setNoDelay(true);
  let failure = new Error('the edge closed the connection');
  socket.on('error', (error) => {
    failure = error;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const late = () => socket.destroy(new Error('no registration in time'));
  const cancelSetUp = realTime.after(SET_UP_TIMEOUT_MS, late, { keepsAlive: true });

  const control = new Promise<RegistrationCalls>((resolve, reject) => {
    socket.once('close', () => reject(failure));
    socket.once('secureConnect', () => {
      let calls: RegistrationCalls | undefined;
      const onStream = (stream: Http2Stream, headers: IncomingHttpHeaders, flags: number, raw: string[]) => {
        // What matters of an error is the `close` that follows.
        stream.on('error', () => {});
        if (calls || !isControlStream(headers)) {
          serveStream({ stream, headers, rawHeaders: raw, endStream: (flags & END_STREAM) !== 0 });
          return;
        }
        calls = createRegistrationCalls(stream);
        resolve(calls);
      };
      const session = serve(socket, log).on('stream', onStream);
      session.once('goaway', () => {
        goodbye = true;
      });
    });
  });
  let isRegistered = false;
  let goodbye = false;
  const registered = control.then((calls) => calls.register(request)).finally(cancelSetUp);
  registered.then(
    () => {
      isRegistered = true;
    },
    // A transport that is not registered is of no use.
    () => socket.destroy(),
  );

  return {
    registered,
    get goodbye() {
      return goodbye;
    },
    closed,
    tellConfiguration: async (json) => (await control).updateLocalConfiguration(json),
    destroy: () => void socket.destroy(),
    async leave(graceMs) {
      if (!isRegistered) socket.destroy();
      const cancel = realTime.after(graceMs, () => socket.destroy(), { keepsAlive: true });
      await control.then((calls) => calls.unregister()).catch(() => socket.destroy());
      await closed;
      cancel();
    },
  };
}

function serve(socket: TLSSocket, log: ConnectorLog): Http2Session {
  const session = new Http2Session(socket, { role: 'server' });
  session.on('error', (error) => log.debug({ err: error }, 'connector: session error'));
  endWhenSilent(session);
  return session;
}

const isControlStream = (headers: IncomingHttpHeaders) => headers[UPGRADE] === 'control-stream';
