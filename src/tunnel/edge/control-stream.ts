import { createHash, timingSafeEqual } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { LiveTunnel } from '../../state/snapshot.js';
import { CallFailed, createRpcServer, type RpcMethod } from '../rpc/calls.js';
import { CapnpError, MAX_MESSAGE_BYTES } from '../rpc/capnp-wire.js';
import { EMPTY_STRUCT } from '../rpc/messages.js';
import {
  decodeRegisterRequest,
  REGISTRATION_INTERFACE,
  REGISTRATION_METHOD,
  type RegisterAnswer,
  type RegisterRequest,
  readLocalConfiguration,
  registerResults,
} from '../rpc/registration.js';

interface ControlStreamHandlers {
  register(request: RegisterRequest): RegisterAnswer;
  /** The answer to a refused registration has been sent: the connector waits for the edge to end the session. */
  refused(): void;
  /** The connector of a locally managed tunnel tells its configuration: JSON text of an object. */
  localConfiguration(config: string): void;
  /** The connector has said goodbye, and that has been answered. */
  unregistered(): void;
  /** The other end broke the protocol. */
  broken(reason: string): void;
}

/** Enough for any registration, and little enough for a thousand strangers. */
const MAX_UNREGISTERED_BYTES = 64 * 1024;

/** Answers that a peer does not read must not pile up. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Opens the stream on which a connector registers, and serves its calls for as long as the session lives. */
export function openControlStream<Stream extends Duplex>(
  session: { request(headers: OutgoingHttpHeaders, options: { readonly endStream: boolean }): Stream },
  handlers: ControlStreamHandlers,
): Stream {
  let answer: RegisterAnswer | undefined;
  let unregistered = false;
  const stream = session.request(
    {
      ':method': 'GET',
      ':path': '/',
      ':authority': 'h2.cftunnel.com',
      'cf-cloudflared-proxy-connection-upgrade': 'control-stream',
    },
    { endStream: false },
  );

  function expectRegistered(): void {
    if (!answer?.registered) throw new CapnpError('call before a registration');
  }

  const rpc = createRpcServer({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: () => (answer?.registered ? MAX_MESSAGE_BYTES : MAX_UNREGISTERED_BYTES),
    send(frame) {
      if (stream.writableLength > MAX_UNREAD_BYTES) throw new CapnpError('answers are not read');
      stream.write(frame);
    },
    methods: new Map<number, RpcMethod>([
      [
        REGISTRATION_METHOD.registerConnection,
        (params) => {
          if (answer) throw new CapnpError('second registration of one connection');
          answer = handlers.register(decodeRegisterRequest(params));
          return registerResults(answer);
        },
      ],
      [
        REGISTRATION_METHOD.unregisterConnection,
        () => {
          expectRegistered();
          unregistered = true;
          return EMPTY_STRUCT;
        },
      ],
      [
        REGISTRATION_METHOD.updateLocalConfiguration,
        (params) => {
          expectRegistered();
          if (unregistered) throw new CallFailed('the connection has been unregistered');
          handlers.localConfiguration(readLocalConfiguration(params));
          return EMPTY_STRUCT;
        },
      ],
    ]),
  });

  stream.on('data', (chunk: Buffer) => {
    try {
      rpc.push(chunk);
    } catch (error) {
      if (!(error instanceof CapnpError)) throw error;
      handlers.broken(error.message);
      return;
    }
    if (answer && !answer.registered && !stream.writableEnded) stream.end(handlers.refused);
    if (unregistered) handlers.unregistered();
  });
  // The session's own events tell the story.
  stream.on('error', () => {});
  return stream;
}

type Authentication =
  | { readonly tunnel: LiveTunnel; readonly cause?: never }
  | { readonly tunnel?: never; readonly cause: string };

/** Whether this connector may serve this tunnel. The causes are the ones that Cloudflare's edge gives. */
export function authenticateConnector(
  tunnels: ReadonlyMap<string, LiveTunnel>,
  request: Pick<RegisterRequest, 'accountTag' | 'tunnelId' | 'tunnelSecret'>,
): Authentication {
  const tunnel = tunnels.get(request.tunnelId);
  if (!tunnel || tunnel.accountId !== request.accountTag) return { cause: 'Unauthorized: Tunnel not found' };
  const expected = Buffer.from(tunnel.secretSha256, 'hex');
  const actual = createHash('sha256').update(request.tunnelSecret).digest();
  const matches = expected.length === actual.length && timingSafeEqual(expected, actual);
  return matches ? { tunnel } : { cause: 'Unauthorized: Invalid tunnel secret' };
}
