/** What `/metrics` shows: one row each, of which docs/metrics.md has the table. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labels: readonly string[];
  readonly help: string;
}

const counter = (help: string, ...labels: string[]) => ({ type: 'counter', labels, help }) as const;
const gauge = (help: string, ...labels: string[]) => ({ type: 'gauge', labels, help }) as const;
const summary = (help: string, ...labels: string[]) => ({ type: 'summary', labels, help }) as const;
const histogram = (help: string, ...labels: string[]) => ({ type: 'histogram', labels, help }) as const;

export const METRICS = {
  offramp_build_info: gauge('1; which program this is.', 'version', 'node'),
  offramp_requests_total: counter(
    'HTTP requests that are over. reason: why Offramp answered in place of an origin, or broke off; else empty.',
    'load_balancer',
    'pool',
    'origin',
    'status',
    'reason',
  ),
  offramp_request_duration_seconds: histogram(
    'From the head of a request to the end of its response.',
    'load_balancer',
  ),
  offramp_request_first_byte_seconds: histogram(
    'From the head of a request to the head of the response of an origin.',
    'load_balancer',
  ),
  offramp_response_bytes_total: counter('Bytes of the bodies of responses.', 'load_balancer'),
  offramp_origin_failed_attempts_total: counter(
    'Attempts at an origin that failed or were given up, whether or not another one made them good.',
    'pool',
    'origin',
    'reason',
  ),
  offramp_requests_in_flight: gauge(
    'Requests, and connections of TCP, that origins of the pool have not done with.',
    'pool',
  ),
  offramp_origin_connections: gauge('Open connections to origins of the pool.', 'pool'),
  offramp_client_connections: gauge('Open connections of HTTP and HTTPS clients.'),
  offramp_tcp_connections_total: counter(
    'Connections to ports of TCP, counted when bytes go both ways, or nobody took them (reason).',
    'load_balancer',
    'pool',
    'origin',
    'reason',
  ),
  offramp_dns_questions_total: counter('Questions of DNS that were answered.', 'type', 'rcode'),
  offramp_origin_healthy: gauge(
    '1 when health checks find the origin healthy, 0 when not or not yet. Enabled origins of pools with a monitor.',
    'pool',
    'origin',
  ),
  offramp_pool_healthy: gauge(
    '1 when the pool has as many healthy origins as it needs. Enabled pools.',
    'pool',
  ),
  offramp_pool_origins_healthy: gauge('Enabled origins that are healthy.', 'pool'),
  offramp_pool_origins: gauge('Enabled origins.', 'pool'),
  offramp_health_changes_total: counter('Changes of the health of an origin.', 'pool', 'origin', 'to'),
  offramp_health_checks_total: counter('Health checks that have ended; previews left out.', 'result'),
  offramp_tunnel_connections: gauge('Registered connections of connectors.', 'tunnel'),
  offramp_tunnel_connectors: gauge('Connectors with a connection.', 'tunnel'),
  offramp_tunnel_streams: gauge('Streams that are open to connectors.', 'tunnel'),
  offramp_tunnel_connections_opened_total: counter('Registrations of connections.', 'tunnel'),
  offramp_tunnel_connections_closed_total: counter('Ends of registered connections.', 'tunnel'),
  offramp_api_requests_total: counter(
    'Requests of the API. operation: its name in the OpenAPI document, a path, or unknown.',
    'operation',
    'status',
  ),
  offramp_api_request_duration_seconds: histogram('From a request of the API to its answer.', 'operation'),
  offramp_revision: gauge('Number of the newest committed change.'),
  offramp_data_plane_revision: gauge('Number of the change that traffic follows.'),
  offramp_data_plane_lag_seconds: gauge(
    'For how long a committed change has waited for the data plane; 0 when it follows all.',
  ),
  offramp_data_plane_up: gauge(
    '1 when the data plane has answered this question; else what it counts is left out.',
  ),
  offramp_database_up: gauge('1 when the database can be written.'),
  offramp_event_loop_delay_seconds: summary(
    'How late the event loop of a thread is, over the last half a minute to minute.',
    'thread',
    'quantile',
  ),
  offramp_event_loop_busy_seconds_total: counter('Time in which the event loop had work.', 'thread'),
  offramp_heap_used_bytes: gauge('Memory of JavaScript objects.', 'thread'),
  offramp_access_log_lines_total: counter('Lines that the access log took.'),
  offramp_access_log_dropped_total: counter('Lines for which the access log had no room.'),
  offramp_spans_total: counter(
    'Spans of traced requests: those that the collector took, and those that it rejected or that were lost.',
    'outcome',
  ),
  offramp_metrics_folded_total: counter(
    'Events that were counted under "other", since a metric had too many series.',
    'metric',
  ),
  process_cpu_seconds_total: counter('Time of processors, user and system.'),
  process_resident_memory_bytes: gauge('Resident memory.'),
  process_start_time_seconds: gauge('Unix time of the start.'),
  process_open_fds: gauge('Open file descriptors.'),
  process_max_fds: gauge('Most file descriptors that may be open.'),
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS;

export interface MetricSample {
  /** In the order of the row's, and `le` of a bucket behind them. */
  readonly labels: readonly string[];
  readonly value: number;
  /** Behind the name: of a histogram's. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** Those that are left out have no samples. */
export type Samples = { readonly [N in MetricName]?: readonly MetricSample[] };
