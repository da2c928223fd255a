import type { RequestReport } from '../../bridge/reports.js';
import { fieldValues } from '../carriers.js';
import { withoutFields } from '../head/fields.js';
import type { RequestHead } from '../head/request-head.js';

/** One request in a trace, whose other parts are told by others. Ids in hex: 32 and 16 digits. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Null when the trace begins here. */
  readonly parentId: string | null;
  /** As the client sent it, to be passed on. */
  readonly state: string;
}

/** A span, and what became of the request. */
export interface EndedSpan {
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
