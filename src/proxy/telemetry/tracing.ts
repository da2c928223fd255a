import type { Logger } from 'pino';
import type { RequestReport } from '../../bridge/reports.js';
import { realTime } from '../../net/clock.js';
import { fieldValues, withoutFields } from '../http/fields.js';
import type { RequestHead } from '../http/request-head.js';

/** One request in a trace, whose other parts are told by others. Ids in hex: 32 and 16 digits. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Null when the trace begins here. */
  readonly parentId: string | null;
  /** As the client sent it, to be passed on. */
  readonly state: string;
}

/** A span, and what became of the request. */
interface EndedSpan {
  readonly span: Span;
  readonly report: RequestReport;
}

export interface TracingParts {
  readonly spans: { add(ended: EndedSpan): void };
  /** Of the requests that come with no trace; 0 up to 1. */
  readonly share: number;
  readonly random: { fraction(): number; bytes(length: number): Buffer };
}

/** W3C Trace Context, version 00. A later one may have more behind it. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;
const TRACE_FIELDS = new Set(['traceparent', 'tracestate']);

/** What shall hear of the end of the request; null when it is not traced. */
export function traced(parts: TracingParts, request: RequestHead): ((report: RequestReport) => void) | null {
  const span = beginSpan(parts, request);
  return span && ((report) => parts.spans.add({ span, report }));
}

/**
 * Begins the span of a request, and has the origin see it as its parent. Null when the request is not to be traced: its fields then go on
 * as they came. A field that cannot be read counts as none.
 */
export function beginSpan(
  { share, random }: Pick<TracingParts, 'share' | 'random'>,
  request: RequestHead,
): Span | null {
  const given = fieldValues(request.passedOn, 'traceparent');
  const parent = given.length === 1 ? TRACEPARENT.exec(given[0]!) : null;
  const isSampled = parent
    ? (Number.parseInt(parent[3]!, 16) & SAMPLED) === SAMPLED
    : random.fraction() < share;
  if (!isSampled) return null;
  const span = {
    traceId: parent?.[1] ?? random.bytes(16).toString('hex'),
    spanId: random.bytes(8).toString('hex'),
    parentId: parent?.[2] ?? null,
    // What belongs to a trace that cannot be read belongs to no trace.
    state: parent ? fieldValues(request.passedOn, 'tracestate').join() : '',
  };
  request.passedOn = withoutFields(request.passedOn, TRACE_FIELDS) + fieldsOf(span);
  return span;
}

const fieldsOf = ({ traceId, spanId, state }: Span) =>
  `traceparent: 00-${traceId}-${spanId}-01\r\n${state === '' ? '' : `tracestate: ${state}\r\n`}`;

type Value = string | number | boolean | null;

/** Of the OpenTelemetry Protocol: SPAN_KIND_SERVER and STATUS_CODE_ERROR. */
const SERVER = 2;
const ERROR = 2;

/**
 * The body of a request to `/v1/traces` of a collector: OTLP 1 in JSON, whose attributes have the names of OpenTelemetry's conventions for HTTP,
 * and below `offramp.` those that no convention has.
 */
function otlpRequest(version: string, spans: readonly EndedSpan[]): string {
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

/** Sends spans to a collector, behind the traffic's back. */
export interface SpanExporter {
  add(span: EndedSpan): void;
  /** Spans so far: those that a collector took, and those that are lost. */
  readonly counts: { readonly sent: number; readonly dropped: number };
  /** Sends what waits, for `graceMs` at most. */
  close(graceMs: number): Promise<void>;
}

/** Spans that wait for a slow collector; beyond that they are lost. */
const MAX_WAITING = 4_096;
/** Spans that are sent at once, and how long fewer of them wait. */
const MOST_AT_ONCE = 512;
const SEND_MS = 1_000;
const PATIENCE_MS = 10_000;
const TELL_EVERY_MS = 60_000;

interface SpanExporterOptions {
  /** Of the collector's OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly version: string;
  readonly log: Pick<Logger, 'error'>;
  /** Milliseconds that an answer may take; 10,000 when absent. */
  readonly patienceMs?: number;
}

/** Bytes of an answer that are read, to find out whether all of the spans were taken. */
const MAX_ANSWER = 64 * 1024;

/** One request at a time. What a collector refuses, or does not answer in time, is lost and told once a minute: trying again would fill it up further. */
export function createSpanExporter({
  endpoint,
  version,
  log,
  patienceMs = PATIENCE_MS,
}: SpanExporterOptions): SpanExporter {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const counts = { sent: 0, dropped: 0 };
  let waiting: EndedSpan[] = [];
  let sending: Promise<void> | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  const ended = new AbortController();

  function send(): void {
    if (sending || waiting.length === 0) return;
    const spans = waiting.slice(0, MOST_AT_ONCE);
    waiting = waiting.slice(MOST_AT_ONCE);
    sending = post(spans)
      .then((rejected) => {
        counts.sent += spans.length - rejected.spans;
        counts.dropped += rejected.spans;
        if (rejected.spans > 0) tell(new Error(`it rejected ${rejected.spans} spans: ${rejected.reason}`));
      })
      .catch((error: Error) => {
        counts.dropped += spans.length;
        tell(error);
      })
      .finally(() => {
        sending = null;
        if (waiting.length >= MOST_AT_ONCE) send();
      });
  }

  async function post(spans: readonly EndedSpan[]): Promise<Rejected> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: otlpRequest(version, spans),
      redirect: 'error',
      signal: AbortSignal.any([realTime.signal(patienceMs), ended.signal]),
    });
    const answer = await beginningOf(response);
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return rejectedIn(answer);
  }

  function tell(error: Error): void {
    if (realTime.monotonic() - toldAt < TELL_EVERY_MS) return;
    toldAt = realTime.monotonic();
    const { message } = (error.cause as Error | undefined) ?? error;
    log.error({ url, reason: message }, 'tracing: the collector does not take spans; they are lost');
  }

  const stop = realTime.every(SEND_MS, send);

  return {
    counts,
    add(span) {
      if (waiting.length >= MAX_WAITING) counts.dropped += 1;
      else if (waiting.push(span) >= MOST_AT_ONCE) send();
    },
    async close(graceMs) {
      stop();
      const end = realTime.monotonic() + graceMs;
      send();
      while (sending && realTime.monotonic() < end) {
        await Promise.race([sending, realTime.wait(end - realTime.monotonic())]);
        send();
      }
      // Whoever hangs keeps nobody from ending.
      ended.abort();
    },
  };
}

interface Rejected {
  readonly spans: number;
  readonly reason: string;
}

/** A collector may take some spans and reject others, in an answer that is good otherwise. */
function rejectedIn(answer: string): Rejected {
  try {
    const { rejectedSpans = 0, errorMessage = '' } = JSON.parse(answer).partialSuccess ?? {};
    return { spans: Number(rejectedSpans) || 0, reason: String(errorMessage) };
  } catch {
    // Of one that answers in another form there is nothing to read.
    return { spans: 0, reason: '' };
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > MAX_ANSWER) break;
  }
  return text;
}
