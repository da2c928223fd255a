import { once } from 'node:events';
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { startConnector } from '../../src/tunnel/connector/connector.js';
import type { Connector, ConnectorOptions } from '../../src/tunnel/connector/contract.js';
import { openControlStream } from '../../src/tunnel/edge/control-stream.js';
import type { RegisterAnswer, RegisterRequest } from '../../src/tunnel/rpc/registration.js';
import { cleanUpLater, newTunnel, silent, testAuthority } from '../edge/fixture.js';

export const REGISTERED: RegisterAnswer = {
  registered: true,
  connectionId: '00112233-4455-6677-8899-aabbccddeeff',
  locationName: 'FAKE01',
  remotelyManaged: true,
};

export interface BareEdge {
  readonly address: string;
  readonly sessions: ClientHttp2Session[];
  readonly requests: RegisterRequest[];
  /** What connectors told of their own. */
  readonly configurations: unknown[];
  /** More than 0 once a connector has said goodbye; its session is closed then. */
  unregistered: number;
  /** Cuts every connection, and takes no more. */
  stop(): void;
}

/** An edge that answers registrations as it is told, and leaves its sessions to the test. */
export async function startBareEdge(
  answer: (request: RegisterRequest) => RegisterAnswer = () => REGISTERED,
): Promise<BareEdge> {
  const { key, certificate } = await testAuthority();
  const sessions: ClientHttp2Session[] = [];
  const requests: RegisterRequest[] = [];
  const configurations: unknown[] = [];
  const sockets: tls.TLSSocket[] = [];
  const server = tls.createServer({ key, cert: certificate }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    const session = http2.connect('https://edge.internal', {
      createConnection: () => socket,
      settings: { maxHeaderListSize: 256 * 1024 },
    });
    session.on('error', () => {});
    sessions.push(session);
    openControlStream(session, {
      register(request) {
        requests.push(request);
        return answer(request);
      },
      localConfiguration: (config) => void configurations.push(JSON.parse(config)),
      refused: () => session.close(),
      unregistered() {
        edge.unregistered += 1;
        session.close();
      },
      broken: () => session.destroy(),
    });
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    for (const session of sessions) session.destroy();
    // Node ends the transport of a closed session politely, and may wait for ever.
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  cleanUpLater(stop);
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const edge: BareEdge = { address, sessions, requests, configurations, unregistered: 0, stop };
  return edge;
}

/** A connector with one connection, which is closed at the end of the test. */
export async function start(options: Partial<ConnectorOptions>): Promise<Connector> {
  const { caCertificate: ca } = await testAuthority();
  const connector = startConnector({
    token: newTunnel().token,
    edge: [],
    ca,
    log: silent,
    connections: 1,
    gracePeriodMs: 100,
    ...options,
  });
  cleanUpLater(() => connector.close());
  return connector;
}

/** A registered connector, and the edge's end of its connection. */
export async function serving(options: Partial<ConnectorOptions> = {}) {
  const edge = await startBareEdge();
  const connector = await start({ edge: edge.address, ...options });
  await connector.ready;
  return { edge, connector, session: edge.sessions[0]! };
}

export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  { endStream = false } = {},
): ClientHttp2Stream {
  const request = {
    ':method': 'GET',
    ':path': '/',
    ':scheme': 'https',
    ':authority': 'app.example.com',
    ...headers,
  };
  const stream = session.request(request, { endStream });
  stream.on('error', () => {});
  return stream;
}

export interface Answer {
  readonly status: number;
  readonly meta: unknown;
  /** The serialised headers, decoded, in their order. */
  readonly headers: [string, string][];
  /** As they stand in the open. */
  readonly open: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | null;
  readonly rstCode: number;
}

export async function readAnswer(stream: ClientHttp2Stream): Promise<Answer> {
  let trailers: IncomingHttpHeaders | null = null;
  stream.on('trailers', (given) => {
    trailers = given;
  });
  const [open] = await once(stream, 'response');
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => stream.once('close', resolve));
  const { ':status': status } = open;
  return {
    status,
    ...decode(open),
    open,
    body: Buffer.concat(chunks),
    trailers,
    rstCode: stream.rstCode,
  };
}

export function decode(open: IncomingHttpHeaders): Pick<Answer, 'meta' | 'headers'> {
  const meta = open['cf-cloudflared-response-meta'];
  const serialized = (open['cf-cloudflared-response-headers'] as string | undefined) ?? '';
  const plain = (text: string) => Buffer.from(text, 'base64').toString('latin1');
  const pairs = serialized === '' ? [] : serialized.split(';').map((pair) => pair.split(':').map(plain));
  return {
    meta: meta === undefined ? undefined : JSON.parse(meta as string),
    headers: pairs as [string, string][],
  };
}

/** A request with all of its body, and the whole answer. */
export async function fetchThrough(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body?: Buffer | string,
): Promise<Answer> {
  const stream = ask(session, headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return await readAnswer(stream);
}

/** As an edge sends a configuration. */
export async function configure(session: ClientHttp2Session, version: unknown, config: unknown) {
  const kind = { 'cf-cloudflared-proxy-connection-upgrade': 'update-configuration', ':method': 'POST' };
  const answer = await fetchThrough(session, kind, JSON.stringify({ version, config }));
  return { status: answer.status, body: answer.status === 200 ? JSON.parse(String(answer.body)) : null };
}
