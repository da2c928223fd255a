import {
  LATENCY_VALUES,
  type LoopReport,
  type MetricsReport,
  type SeriesReport,
} from '../state/series-table.js';
import type { MetricSample, Samples } from './catalogue.js';
import { histogramsOf, samplesOf } from './series-samples.js';

export const one = (value: number): MetricSample[] => [{ labels: [], value }];

/** What the data plane counts, under the names that it has outside. */
export function dataPlaneSamples(report: MetricsReport): Samples {
  const { requests, latency, failedAttempts, tcpConnections, underWay, accessLog, spans } = report;
  return {
    offramp_requests_total: samplesOf(requests),
    offramp_request_duration_seconds: histogramsOf(latency, LATENCY_VALUES.duration),
    offramp_request_first_byte_seconds: histogramsOf(latency, LATENCY_VALUES.firstByte),
    offramp_response_bytes_total: samplesOf(latency, LATENCY_VALUES.responseBytes),
    offramp_origin_failed_attempts_total: samplesOf(failedAttempts),
    offramp_requests_in_flight: samplesOf(underWay),
    offramp_origin_connections: samplesOf(underWay, 1),
    offramp_client_connections: one(report.clientConnections),
    offramp_tcp_connections_total: samplesOf(tcpConnections),
    offramp_dns_questions_total: samplesOf(report.dnsQuestions),
    offramp_health_changes_total: samplesOf(report.healthChanges),
    offramp_health_checks_total: samplesOf(report.healthChecks),
    offramp_tunnel_streams: samplesOf(report.tunnelStreams),
    offramp_data_plane_revision: one(report.revision),
    ...(accessLog && {
      offramp_access_log_lines_total: one(accessLog.written),
      offramp_access_log_dropped_total: one(accessLog.dropped),
    }),
    ...(spans && {
      offramp_spans_total: [
        { labels: ['sent'], value: spans.sent },
        { labels: ['dropped'], value: spans.dropped },
      ],
    }),
    offramp_metrics_folded_total: foldedOf({
      offramp_requests_total: requests,
      offramp_request_duration_seconds: latency,
      offramp_origin_failed_attempts_total: failedAttempts,
      offramp_requests_in_flight: underWay,
      offramp_tcp_connections_total: tcpConnections,
      offramp_health_changes_total: report.healthChanges,
    }),
  };
}

function foldedOf(reports: Readonly<Record<string, SeriesReport>>): MetricSample[] {
  return Object.entries(reports).map(([metric, { folded }]) => ({ labels: [metric], value: folded }));
}

/** By thread. */
export function loopSamples(
  loops: Readonly<Record<string, LoopReport>>,
): Pick<
  Samples,
  'offramp_event_loop_delay_seconds' | 'offramp_event_loop_busy_seconds_total' | 'offramp_heap_used_bytes'
> {
  const threads = Object.entries(loops);
  return {
    offramp_event_loop_delay_seconds: threads.flatMap(([thread, { delay }]) =>
      delay.map(({ quantile, seconds }) => ({ labels: [thread, `${quantile}`], value: seconds })),
    ),
    offramp_event_loop_busy_seconds_total: threads.map(([thread, { busySeconds }]) => ({
      labels: [thread],
      value: busySeconds,
    })),
    offramp_heap_used_bytes: threads.map(([thread, { heapUsedBytes }]) => ({
      labels: [thread],
      value: heapUsedBytes,
    })),
  };
}
