import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostPort } from '../address-map.js';
import type { Connector } from '../contract.js';
import { connectorMetrics, readyConnections } from './connector-metrics.js';

export interface MetricsServer {
  readonly address: HostPort;
  close(): Promise<void>;
}

export interface MetricsOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Of this program. */
  readonly version: string;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Watched = Pick<Connector, 'clientId' | 'connections' | 'configuration' | 'counts'>;

const TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 64;

/** Serves `/ready`, `/healthcheck`, `/config` and `/metrics` of one connector. Rejects when the address cannot be taken. */
export async function listenMetrics(connector: Watched, options: MetricsOptions): Promise<MetricsServer> {
  const server = http.createServer(
    {
      requestTimeout: TIMEOUT_MS,
      headersTimeout: TIMEOUT_MS,
      keepAliveTimeout: TIMEOUT_MS,
      maxHeaderSize: 8 * 1024,
    },
    (request, response) => answer(request, response, connector, options.version),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(TIMEOUT_MS);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address: host, port } = server.address() as AddressInfo;
  return {
    address: { host, port },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  connector: Watched,
  version: string,
): void {
  request.resume();
  const { status, type, body } = pageOf(request, connector, version);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function pageOf({ method, url }: IncomingMessage, connector: Watched, version: string): Page {
  if (method !== 'GET' && method !== 'HEAD') return text(405, `there is nothing here to ${method}\n`);
  switch (url!.split('?', 1)[0]) {
    case '/ready':
      return ready(connector);
    case '/healthcheck':
      return text(200, 'OK\n');
    case '/config':
      return json(200, connector.configuration);
    case '/metrics':
      return {
        status: 200,
        type: 'text/plain; version=0.0.4; charset=utf-8',
        body: connectorMetrics(connector, version),
      };
    default:
      return text(404, 'there are /ready, /healthcheck, /config and /metrics\n');
  }
}

/** 200 as long as one connection is registered, which is what orchestrators want to know. */
function ready(connector: Watched): Page {
  const connections = readyConnections(connector);
  const status = connections > 0 ? 200 : 503;
  return json(status, { status, readyConnections: connections, connectorId: connector.clientId });
}

const text = (status: number, body: string): Page => ({ status, type: 'text/plain; charset=utf-8', body });
const json = (status: number, value: unknown): Page => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
});
