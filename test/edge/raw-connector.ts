import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import tls from 'node:tls';
import { createRegistrationCalls } from '../../src/connector/registration-call.js';
import { decodeToken } from '../../src/connector/token.js';
import type { RegisterRequest } from '../../src/edge/registration/request.js';
import { cleanUpLater, type TestEdge, type TestTunnel, testAuthority } from './fixture.js';

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

/** A TLS socket to the edge, as a connector opens it. */
export async function secureSocket({ address }: TestEdge): Promise<tls.TLSSocket> {
  const { caCertificate } = await testAuthority();
  const socket = tls.connect({ ...address, ca: caCertificate, servername: 'h2.cftunnel.com' });
  socket.on('error', () => {});
  cleanUpLater(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** A connector whose registration is under way, and which does nothing of its own about the answer. */
export async function openRaw(
  edge: TestEdge,
  request: RegisterRequest,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void = () => {},
): Promise<RawConnector> {
  const session = http2.performServerHandshake(await secureSocket(edge));
  session.on('error', () => {});
  const [control] = (await once(session, 'stream')) as [ServerHttp2Stream];
  control.on('error', () => {});
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
  edge: TestEdge,
  tunnel: TestTunnel,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  values: Partial<RegisterRequest> = {},
): Promise<RawConnector> {
  const connector = await openRaw(edge, requestOf(tunnel.token, values), onStream);
  await connector.registration;
  return connector;
}
