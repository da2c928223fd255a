import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connector } from './contract.js';
import type { HostPort } from './options.js';

export interface MetricsServer {
  readonly address: HostPort;
  close(): Promise<void>;
}

interface MetricsOptions {
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

type Measured = Pick<Connector, 'connections' | 'configuration' | 'counts'>;

/** A connector's counts under the names that cloudflared gives them, where they mean the same. */
export function connectorMetrics(connector: Measured, version: string): string {
  return prometheusText([...tunnelMetrics(connector), ...streamMetrics(connector), buildInfo(version)]);
}

const readyConnections = ({ connections }: Pick<Connector, 'connections'>): number =>
  connections.filter(({ state }) => state === 'registered').length;

function tunnelMetrics({ connections, configuration, counts }: Measured): Metric[] {
  const { refused, unreachable } = counts.registrationFailures;
  return [
    gauge(
      'cloudflared_tunnel_ha_connections',
      'Connections that are registered.',
      readyConnections({ connections }),
    ),
    {
      ...gauge('cloudflared_tunnel_server_locations', 'Where each connection is registered.', 0),
      samples: connections.flatMap(({ connIndex, locationName }) =>
        locationName === null
          ? []
          : [{ labels: { connection_id: connIndex, edge_location: locationName }, value: 1 }],
      ),
    },
    {
      ...counter('cloudflared_tunnel_tunnel_register_success', 'Registrations that an edge accepted.', 0),
      samples: [{ labels: { rpcName: 'registerConnection' }, value: counts.registrations }],
    },
    {
      ...counter('cloudflared_tunnel_tunnel_register_fail', 'Registrations that failed, and why.', 0),
      samples: [
        { labels: { error: 'server_error', rpcName: 'registerConnection' }, value: refused },
        { labels: { error: 'unreachable', rpcName: 'registerConnection' }, value: unreachable },
      ],
    },
    gauge(
      'cloudflared_orchestration_config_version',
      "Version of the configuration; -1 is the connector's own.",
      configuration.version,
    ),
    counter(
      'cloudflared_config_local_config_pushes',
      "Times that an edge was told the connector's own configuration.",
      counts.localConfigurations,
    ),
    counter(
      'cloudflared_config_local_config_pushes_errors',
      'Times that an edge did not take it.',
      counts.localConfigurationErrors,
    ),
  ];
}

function streamMetrics({ counts }: Measured): Metric[] {
  const responses = [...counts.responses].sort(([a], [b]) => a - b);
  return [
    counter('cloudflared_tunnel_total_requests', 'HTTP requests and raw TCP streams.', counts.requests),
    gauge(
      'cloudflared_tunnel_concurrent_requests_per_tunnel',
      'HTTP requests and raw TCP streams under way.',
      counts.concurrentRequests,
    ),
    counter('cloudflared_tunnel_request_errors', 'Those that failed at the service.', counts.requestErrors),
    {
      ...counter('cloudflared_tunnel_response_by_code', 'Answers of services by status.', 0),
      samples: responses.map(([status, value]) => ({ labels: { status_code: status }, value })),
    },
    gauge('cloudflared_tcp_active_sessions', 'Raw TCP streams under way.', counts.activeTcpSessions),
    counter('cloudflared_tcp_total_sessions', 'Raw TCP streams.', counts.tcpSessions),
    counter(
      'cloudflared_proxy_connect_streams_errors',
      'TCP connections to services that could not be made.',
      counts.streamConnectErrors,
    ),
    {
      ...counter('flow_client_registrations_rate_limited_total', 'Raw streams refused by maxActiveFlows.', 0),
      samples: [{ labels: { flow_type: 'tcp' }, value: counts.rateLimitedFlows }],
    },
  ];
}

function buildInfo(version: string): Metric {
  const labels = { nodeversion: process.version, version };
  return { ...gauge('build_info', 'Which program this is.', 1), samples: [{ labels, value: 1 }] };
}

const metric =
  (type: Metric['type']) =>
  (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type,
    samples: [{ value }],
  });
const counter = metric('counter');
const gauge = metric('gauge');

/** One metric in Prometheus' text format, version 0.0.4. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, help, type, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
        '',
      ].join('\n'),
    )
    .join('');
}

function labelText(labels: Sample['labels'] = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(String(value))}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
