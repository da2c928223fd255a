import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type ListenOn, listen } from '../net/listening-sockets.js';
import type { Exposition } from './exposition.js';

/** `--metrics-port`: a port for nothing but `/metrics`, without a credential. */
export interface MetricsListener {
  readonly address: { readonly host: string; readonly port: number };
  /** Until then it is not ready. */
  serve(metrics: () => Promise<Exposition>): void;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 64;
const LIMITS = {
  requestTimeout: TIMEOUT_MS,
  headersTimeout: TIMEOUT_MS,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8 * 1024,
};

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const page = (status: number, text: string): Page => ({ status, type: 'text/plain; charset=utf-8', text });

/** `guarded` may answer some requests by itself. Rejects when the address cannot be had. */
export async function listenForMetrics(
  on: ListenOn,
  guarded: (handler: RequestListener) => RequestListener,
): Promise<MetricsListener> {
  let metrics: (() => Promise<Exposition>) | null = null;

  async function pageOf({ method, url }: IncomingMessage): Promise<Page> {
    if (method !== 'GET' && method !== 'HEAD') return page(405, `there is nothing here to ${method}\n`);
    if (url?.split('?', 1)[0] !== '/metrics') return page(404, 'there is /metrics\n');
    if (metrics === null) return page(503, 'this Offramp is still starting\n');
    return { status: 200, ...(await metrics()) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { status, type, text } = await pageOf(request).catch((error: Error) =>
      page(500, `${error.message}\n`),
    );
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  }

  const handler: RequestListener = (request, response) => void answer(request, response);
  const server = http.createServer(LIMITS, guarded(handler));
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(2 * 60_000);
  const address = await listen(server, on);
  // What one connection does wrong is not of interest here.
  server.on('error', () => {});
  return {
    address,
    serve(next) {
      metrics = next;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
