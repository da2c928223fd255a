import type { Connector } from '../contract.js';
import { type Metric, prometheusText } from './prometheus-text.js';

type Measured = Pick<Connector, 'connections' | 'configuration' | 'counts'>;

/** A connector's counts under the names that cloudflared gives them, where they mean the same. */
export function connectorMetrics(connector: Measured, version: string): string {
  return prometheusText([...tunnelMetrics(connector), ...streamMetrics(connector), buildInfo(version)]);
}

export const readyConnections = ({ connections }: Pick<Connector, 'connections'>): number =>
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
