import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { Logger } from 'pino';
import { type ListeningSocket, type ListenOn, listen } from '../net/listening-sockets.js';
import { limitConnections } from './api-connections.js';
import { CarefulResponse } from './careful-response.js';
import { closeInStages } from './close-in-stages.js';
import { drainable } from './drain.js';
import { failure } from './envelope.js';
import { ApiError } from './errors.js';

export interface ApiServerOptions {
  /** Then connections wait for `useCertificate`. */
  readonly tls: boolean;
  readonly maxConnections: number;
  readonly log: Logger;
}

/** A server as the API needs it, which does not listen yet. */
export interface SafeServer {
  readonly server: http.Server;
  /** For connections from now on. PEM; the certificate comes with those between it and its root. */
  useCertificate(pair: { readonly certificate: string; readonly key: string }): void;
}

/** The API's HTTP server, which listens before there is anything that answers: requests wait until there is. */
export interface ApiServer extends SafeServer {
  readonly address: ListeningSocket['address'];
  /** Gives every request to `handler` from now on, those that have waited first. Called once. */
  serve(handler: RequestListener): void;
  readonly drain: ReturnType<typeof drainable>;
}

/** Requests that wait; more are refused. */
const MAX_WAITING = 256;
const TIMEOUTS = {
  /** From the connection, or the first byte of a later request, to the end of its head. */
  headersTimeout: 10_000,
  /** To the end of its body. */
  requestTimeout: 30_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1_000,
};
/** Whoever speaks HTTP/1.1 without a Host is answered like all others, not by Node. */
const OWN_ANSWERS = { requireHostHeader: false, ServerResponse: CarefulResponse } as const;
const TLS = { minVersion: 'TLSv1.2', handshakeTimeout: 10_000 } as const;
/** Of a connection on which nothing moves, such as that of a client that does not read its answer. */
const SILENCE_MS = 120_000;

export function createApiServer(options: ApiServerOptions, take: RequestListener): SafeServer {
  const listener: RequestListener = (request, response) => {
    // Nobody would hear what became of it.
    if (!request.socket.writable) return void request.resume();
    closeInStages(request);
    const wrong = hostProblem(request);
    if (wrong === null) take(request, response);
    else refuse(response, 400, new ApiError('invalid_request', wrong));
  };
  // Of the two, Node's types know no common one; all that is used here is common.
  const server = (
    options.tls
      ? https.createServer({ ...TIMEOUTS, ...OWN_ANSWERS, ...TLS }, listener)
      : http.createServer({ ...TIMEOUTS, ...OWN_ANSWERS }, listener)
  ) as http.Server & Pick<https.Server, 'setSecureContext'>;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    closeInStages(request);
    const expected = JSON.stringify(request.headers.expect?.slice(0, 100));
    refuse(
      response,
      417,
      new ApiError('invalid_request', `Expect is ${expected}; only 100-continue is known`),
    );
  });
  server.timeout = SILENCE_MS;
  server.on('error', (error) => {
    // Whoever opens it is told of an address that cannot be had.
    if (server.listening) options.log.error({ err: error }, 'api: the listener failed');
  });
  const begin = limitConnections(server, { limit: options.maxConnections, log: options.log });
  if (!options.tls) begin();
  // Node takes a failed handshake for a request that cannot be read, and would have it answered.
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    server,
    useCertificate({ certificate, key }) {
      server.setSecureContext({ cert: certificate, key, minVersion: TLS.minVersion });
      begin();
    },
  };
}

/** RFC 9112 section 3.2: without a Host only HTTP/1.0 is served; of two, one program would look at one and one at the other. */
function hostProblem({ rawHeaders, httpVersion }: IncomingMessage): string | null {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === 'host') hosts += 1;
  if (hosts === 0) return httpVersion === '1.1' ? 'there is no Host header' : null;
  return hosts > 1 ? 'more than one Host header' : null;
}

function refuse(response: ServerResponse, status: number, error: ApiError): void {
  const body = JSON.stringify(failure(error));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

/** Rejects when the address cannot be had. */
export async function openApiServer(options: ApiServerOptions & ListenOn): Promise<ApiServer> {
  const waiting: Parameters<RequestListener>[] = [];
  let take: RequestListener = (request, response) => {
    if (waiting.length < MAX_WAITING) waiting.push([request, response]);
    else response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end();
  };
  const { server, useCertificate } = createApiServer(options, (request, response) => take(request, response));
  const drain = drainable(server);
  return {
    server,
    useCertificate,
    address: await listen(server, options),
    serve(handler) {
      take = handler;
      for (const one of waiting.splice(0)) if (!one[1].destroyed) handler(...one);
    },
    drain,
  };
}
