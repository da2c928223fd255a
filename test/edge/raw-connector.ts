import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import tls from 'node:tls';
import type { ListenAddress } from '../../src/bridge/messages.js';
import { decodeToken } from '../../src/tunnel/connector/options.js';
import { createRegistrationCalls } from '../../src/tunnel/connector/transport.js';
import { createRpcClient, type RpcClient } from '../../src/tunnel/rpc/calls.js';
import { REGISTRATION_INTERFACE, type RegisterRequest } from '../../src/tunnel/rpc/registration.js';
import { cleanUpLater, type TestTunnel, testAuthority } from './fixture.js';

export interface RawConnector {
  readonly session: ServerHttp2Session;
  readonly control: ServerHttp2Stream;
  readonly registration: Promise<unknown>;
}

export const requestOf = (token: string, values: Partial<RegisterRequest> = {}): RegisterRequest => {
  const { accountTag, tunnelId, secret } = decodeToken(token);
  return {
    accountTag,
    tunnelId,
    tunnelSecret: secret,
    connIndex: 0,
    clientId: randomUUID(),
    features: ['a feature'],
    version: '1.2.3',
    arch: 'linux_amd64',
    previousAttempts: 0,
    ...values,
  };
};

export interface EdgeToDial {
  readonly address: ListenAddress;
  /** PEM; that of the tests when absent. */
  readonly ca?: string;
}

export const trustedBy = async ({ ca }: EdgeToDial): Promise<string> =>
  ca ?? (await testAuthority()).caCertificate;

/** A TLS socket to the edge, as a connector opens it. */
export async function secureSocket(edge: EdgeToDial): Promise<tls.TLSSocket> {
  const ca = await trustedBy(edge);
  const socket = tls.connect({ ...edge.address, ca, servername: 'h2.cftunnel.com' });
  socket.on('error', () => {});
  cleanUpLater(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

async function openSession(edge: EdgeToDial): Promise<Pick<RawConnector, 'session' | 'control'>> {
  const session = http2.performServerHandshake(await secureSocket(edge), {
    maxSendHeaderBlockLength: 1 << 20,
  });
  session.on('error', () => {});
  const [control] = (await once(session, 'stream')) as [ServerHttp2Stream];
  control.on('error', () => {});
  return { session, control };
}

export interface Caller extends Pick<RawConnector, 'session' | 'control'> {
  readonly rpc: RpcClient;
}

/** A connector that has said nothing yet but that it wants to call. */
export async function openCaller(edge: EdgeToDial): Promise<Caller> {
  const { session, control } = await openSession(edge);
  control.respond({ ':status': 200 });
  const rpc = createRpcClient({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: 64 * 1024,
    send: (frame) => void (control.writable && control.write(frame)),
  });
  control.on('data', (chunk: Buffer) => rpc.push(chunk));
  control.once('close', () => rpc.fail(new Error('the edge closed the control stream')));
  return { session, control, rpc };
}

/** A connector whose registration is under way, and which does nothing of its own about the answer. */
export async function openRaw(
  edge: EdgeToDial,
  request: RegisterRequest,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void = () => {},
): Promise<RawConnector> {
  const { session, control } = await openSession(edge);
  session.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  const registration = createRegistrationCalls(control).register(request);
  registration.catch(() => {});
  return { session, control, registration };
}

/** A registered connector that does with the streams of the edge whatever a test wants. */
export async function connectRaw(
  edge: EdgeToDial,
  tunnel: Pick<TestTunnel, 'token'>,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  values: Partial<RegisterRequest> = {},
): Promise<RawConnector> {
  const connector = await openRaw(edge, requestOf(tunnel.token, values), onStream);
  await connector.registration;
  return connector;
}

/** A connector of its own; `asked` counts the streams that it got. */
export async function connectCounting(
  edge: EdgeToDial,
  tunnel: TestTunnel,
  onStream: (stream: ServerHttp2Stream) => void,
) {
  const one = { clientId: randomUUID(), asked: 0, onStream };
  await connectRaw(
    edge,
    tunnel,
    (stream) => {
      one.asked += 1;
      one.onStream(stream);
    },
    { clientId: one.clientId },
  );
  return one;
}
