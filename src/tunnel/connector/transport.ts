import type { IncomingHttpHeaders } from 'node:http2';
import tls, { type TLSSocket } from 'node:tls';
import { realTime } from '../../net/clock.js';
import { CODE } from '../h2/frames.js';
import { Http2Session } from '../h2/session.js';
import type { Http2Stream, ServingStream } from '../h2/stream.js';
import { createRpcClient } from '../rpc/calls.js';
import { EMPTY_STRUCT } from '../rpc/messages.js';
import {
  decodeRegisterResults,
  localConfigurationParams,
  REGISTRATION_INTERFACE,
  REGISTRATION_METHOD,
  type Refused,
  type Registered,
  type RegisterRequest,
  registerParams,
} from '../rpc/registration.js';
import type { ConnectorLog } from './contract.js';
import type { EdgeRequest } from './edge-stream.js';
import type { HostPort } from './options.js';

interface TransportOptions {
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

/** The edge has understood the registration, and said no. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
  /** As a first registration: trying again would be no better. cloudflared judges by the text as well. */
  readonly isFinal: boolean;
  /** The token is no good: its tunnel is not there, or has another secret. */
  readonly isUnauthorized: boolean;
  constructor({ cause }: Refused) {
    super(`the edge refused the connection: ${cause}`);
    this.isUnauthorized = cause.includes('Unauthorized');
    // A rotated secret or a tunnel that is created again mends the first; another edge the second.
    this.isFinal = !this.isUnauthorized && cause !== 'EDUPCONN';
  }
}

interface RegistrationCalls {
  /** Rejects with RegistrationRefused, or when the stream breaks or no answer comes in time. */
  register(request: RegisterRequest): Promise<Registered>;
  /** Tells the edge the configuration of a tunnel that is not managed remotely, as JSON. */
  updateLocalConfiguration(json: Buffer): Promise<void>;
  /** After the answer the edge opens no new streams. The control stream is ended then. */
  unregister(): Promise<void>;
}

const CALL_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Calls the edge over the control stream that it has opened. */
export function createRegistrationCalls(stream: ServingStream): RegistrationCalls {
  stream.respond({ ':status': 200 });
  const rpc = createRpcClient({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: MAX_ANSWER_BYTES,
    send: (frame) => void (stream.writable && stream.write(frame)),
  });
  stream.on('data', (chunk: Buffer) => {
    try {
      rpc.push(chunk);
    } catch (error) {
      rpc.fail(error as Error);
      stream.close(CODE.CANCEL);
    }
  });
  // An edge that drains says goodbye like this.
  const over = () => rpc.fail(new Error('the edge closed the control stream'));
  stream.once('end', () => {
    over();
    stream.end();
  });
  stream.once('close', over);

  return {
    async register(request) {
      const call = rpc.call(REGISTRATION_METHOD.registerConnection, registerParams(request));
      const answer = decodeRegisterResults(await inTime(call, 'registration'));
      if (!answer.registered) throw new RegistrationRefused(answer);
      return answer;
    },
    async updateLocalConfiguration(json) {
      const call = rpc.call(REGISTRATION_METHOD.updateLocalConfiguration, localConfigurationParams(json));
      await inTime(call, 'local configuration');
    },
    async unregister() {
      await inTime(rpc.call(REGISTRATION_METHOD.unregisterConnection, EMPTY_STRUCT), 'goodbye');
      rpc.shutdown();
      stream.end();
    },
  };
}

async function inTime<T>(call: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController();
  const late = realTime.wait(CALL_TIMEOUT_MS, { keepsAlive: true, signal: timer.signal }).then(() => {
    throw new Error(`the edge did not answer the ${what} within ${CALL_TIMEOUT_MS} ms`);
  });
  late.catch(() => {});
  return Promise.race([call, late]).finally(() => timer.abort());
}

/** After so long without a word, 20 s at the most, the edge is asked for one; it is given up after as long again. */
const SILENCE_MS = 10_000;

/** Ends a session whose edge is gone without a word. An edge that says something by itself, as ours does, is not asked. */
export function endWhenSilent(session: Http2Session): void {
  let heard = session.received;
  let asked = false;
  const look = () => {
    if (session.received !== heard) {
      heard = session.received;
      asked = false;
    } else if (asked) session.destroy(new Error('the edge does not answer pings'));
    else asked = session.ping(() => {});
  };
  session.once('close', realTime.every(SILENCE_MS, look, { keepsAlive: true }));
}
