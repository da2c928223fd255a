import type { EndedSpan } from './trace-context.js';

type Value = string | number | boolean | null;

/** Of the OpenTelemetry Protocol: SPAN_KIND_SERVER and STATUS_CODE_ERROR. */
const SERVER = 2;
const ERROR = 2;

/**
 * The body of a request to `/v1/traces` of a collector: OTLP 1 in JSON, whose attributes have the names of OpenTelemetry's conventions for HTTP,
 * and below `offramp.` those that no convention has.
 */
export function otlpRequest(version: string, spans: readonly EndedSpan[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': 'offramp', 'service.version': version }) },
        scopeSpans: [{ scope: { name: 'offramp', version }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf({ span, report }: EndedSpan) {
  const { method, status, error } = report;
  const host = report.loadBalancer ?? report.publishedHostname;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId === null ? {} : { parentSpanId: span.parentId }),
    ...(span.state === '' ? {} : { traceState: span.state }),
    name: host ? `${method} ${host.name}` : method,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(report.at),
    endTimeUnixNano: nanoseconds(report.at + report.durationMs),
    attributes: attributes({
      'http.request.method': method,
      'http.response.status_code': status,
      'server.address': report.host,
      'url.path': report.path,
      'client.address': report.clientIp,
      'http.response.body.size': report.responseBytes,
      'error.type': error ?? (status !== null && status >= 500 ? String(status) : null),
      'offramp.ray': report.ray,
      'offramp.load_balancer': report.loadBalancer?.name ?? null,
      'offramp.pool': report.pool?.name ?? null,
      'offramp.origin': report.origin?.name ?? null,
      'offramp.origin_address': report.origin?.address ?? null,
      'offramp.off_ramp': report.offRamp?.kind ?? null,
      'offramp.tunnel_id': report.offRamp?.tunnelId ?? null,
      'offramp.steering_policy': report.decision?.policy ?? null,
      'offramp.first_byte_ms': report.firstByteMs,
    }),
    // Of an attempt its order is known, and no time.
    events: report.failedAttempts.map(({ pool, origin, failure, detail }) => ({
      name: 'failed attempt',
      timeUnixNano: nanoseconds(report.at),
      attributes: attributes({
        'offramp.pool': pool,
        'offramp.origin': origin,
        'error.type': failure,
        'offramp.detail': detail,
      }),
    })),
    status: error !== null || (status !== null && status >= 500) ? { code: ERROR } : {},
  };
}

/** Text, since no number of JavaScript has them all. */
const nanoseconds = (ms: number) => `${BigInt(Math.round(ms * 1_000)) * 1_000n}`;

/** Those that are null are left out. */
const attributes = (values: Readonly<Record<string, Value>>) =>
  Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [{ key, value: anyValue(value) }]));

function anyValue(value: Exclude<Value, null>) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
