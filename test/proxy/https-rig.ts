import { once } from 'node:events';
import http2, {
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import type { HttpsOptions } from '../../src/proxy/proxy.js';
import { type Authority, createAuthority, issueLeaf } from '../../src/tunnel/edge/authority.js';
import { HOST, type Rig, type RigOptions, startRig } from './rig.js';

let authority: Promise<Authority> | null = null;

/** One for all tests of a file: making it takes longer than most of them. */
export const testAuthority = (): Promise<Authority> => {
  authority ??= createAuthority();
  return authority;
};

/** As the program does it: one CA signs for the names of load balancers. */
export async function madeCertificates(): Promise<HttpsOptions['certificates']> {
  const ca = await testAuthority();
  return {
    initial: { certificate: ca.certificate, key: ca.key },
    onReplaced: () => {},
    issue: (name) => issueLeaf(ca, new Date(), { dns: [name], ip: [] }),
  };
}

export async function startHttpsRig(options: RigOptions = {}): Promise<Rig> {
  return await startRig({ https: await madeCertificates(), ...options });
}

/** A TLS client that trusts the CA of the rig. */
export async function tlsClient(
  rig: Rig,
  alpn: string,
  servername = HOST,
  options: tls.ConnectionOptions = {},
): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    port: rig.httpsPort,
    host: '127.0.0.1',
    servername,
    ca: (await testAuthority()).caCertificate,
    ALPNProtocols: [alpn],
    ...options,
  });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

export async function http2Client(
  rig: Rig,
  options: http2.SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = http2.connect(`https://${HOST}`, {
    host: '127.0.0.1',
    port: rig.httpsPort,
    servername: HOST,
    ca: (await testAuthority()).caCertificate,
    ...options,
  } as http2.SecureClientSessionOptions);
  onTestFinished(() => session.destroy());
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request over HTTP/2. Rejects when its stream is reset. */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer | null = null,
): Promise<Answer> {
  const stream = session.request({ ':authority': HOST, ...headers }, { endStream: body === null });
  if (body !== null) stream.end(body);
  return answerOf(stream);
}

export function answerOf(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const pieces: Buffer[] = [];
    stream.on('response', (got) => {
      headers = got;
    });
    stream.on('trailers', (got) => {
      trailers = got;
    });
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', reject);
    stream.on('close', () => {
      if (stream.rstCode !== 0) reject(new Error(`reset with ${stream.rstCode}`));
      const body = Buffer.concat(pieces).toString('latin1');
      resolve({ status: Number(headers[':status']), headers, trailers, body });
    });
  });
}
