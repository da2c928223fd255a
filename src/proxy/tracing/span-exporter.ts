import type { Logger } from 'pino';
import { realTime } from '../../net/clock.js';
import { otlpRequest } from './otlp.js';
import type { EndedSpan } from './trace-context.js';

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

export interface SpanExporterOptions {
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
