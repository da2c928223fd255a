import type { OutgoingHttpHeaders } from 'node:http';
import { HEADER_BYTES } from '../../domain/http-fields.js';
import {
  connectorPatience,
  DialError,
  isConnectorField,
  MAX_REDIALS,
  originFields,
  type RequestStream,
  rawField,
  type TunnelRequest,
  whoAnswers,
} from '../../tunnel/egress/contract.js';
import type { HttpProbeAnswer } from './http-answer.js';
import { canAsk, type HttpProbeRequest } from './http-exchange.js';
import { type ProbeDependencies, type ProbedPlace, ProbeFailure } from './probe.js';

/** HTTP/2 RST_STREAM. */
const CANCEL = 8;
/** About one connection, and so nothing that HTTP/2 could carry. */
const OF_CONNECTIONS =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te|expect|content-length)$/i;

/**
 * Sends one request to an origin behind the ingress rules of a tunnel, which choose by its host and path, and resolves with
 * the head of the answer. A connector that gets no answer from its service, or does not answer in its part of `timeoutMs`, is
 * followed by the next one: only when none of them has an answer the check has failed. Everything ends when `signal` is aborted.
 * Rejects with a ProbeFailure or a DialError; `TCP connection failed` when connectors got no answer from their service.
 */
export function exchangeThroughIngress(
  place: ProbedPlace,
  probe: HttpProbeRequest,
  timeoutMs: number,
  { offramps, real }: ProbeDependencies,
  signal: AbortSignal,
): Promise<HttpProbeAnswer> {
  const headers = compose(probe);
  const connectors = () => offramps.connectors(place.origin, 0, probe.host);
  const count = connectors().length;
  const patienceMs = connectorPatience(timeoutMs, count);
  return new Promise((resolve, reject) => {
    /** Client ids. */
    const asked = new Set<string>();
    /** With the moment of their beginning. */
    const waiting = new Map<TunnelRequest, number>();
    const failures: string[] = [];
    let redials = 0;
    /** A connector without room for a stream leaves its turn to one that was asked before: that must end. */
    let turns = count + MAX_REDIALS;
    let cancelPatience = () => {};

    function end(): void {
      cancelPatience();
      for (const other of waiting.keys()) other.stream.close(CANCEL);
      waiting.clear();
    }

    function fail(error: unknown): void {
      end();
      reject(error);
    }

    function next(): void {
      cancelPatience();
      const others = connectors().filter(({ clientId }) => !asked.has(clientId));
      // Without any, the request says why there is no way.
      if ((others.length > 0 || asked.size === 0) && turns > 0) ask();
      else if (waiting.size === 0)
        fail(new ProbeFailure('TCP connection failed', { detail: failures.join('; ') }));
    }

    function ask(): void {
      turns -= 1;
      let sent: TunnelRequest | undefined;
      try {
        sent = askOnce(place, headers, asked, offramps, signal, (outcome) => settled(sent!, outcome));
      } catch (error) {
        fail(error);
        return;
      }
      const { suspect } = sent;
      waiting.set(sent, real.monotonic());
      asked.add(sent.connector.clientId);
      cancelPatience = real.after(patienceMs, () => {
        suspect();
        next();
      });
    }

    function settled(sent: TunnelRequest, outcome: HttpProbeAnswer | Error): void {
      if (!waiting.delete(sent)) return;
      if (!(outcome instanceof Error)) {
        sent.connectorReached();
        for (const [other, startedAt] of waiting) {
          const ms = Math.round(real.monotonic() - startedAt);
          if (ms >= patienceMs) other.connectorFailed(`no answer within ${ms} ms`);
        }
        end();
        resolve(outcome);
        return;
      }
      const failed = outcome instanceof ProbeFailure && outcome.reason === 'TCP connection failed';
      const lost = outcome instanceof DialError && outcome.failure === 'reset' && redials < MAX_REDIALS;
      if (signal.aborted || !(failed || lost)) {
        fail(outcome);
        return;
      }
      if (failed) {
        failures.push(`${sent.connector.name} had no answer of its service`);
        sent.connectorFailed('it had no answer of its service');
      } else {
        redials += 1;
        asked.delete(sent.connector.clientId);
      }
      next();
    }

    next();
  });
}

function compose({ method, path, host, userAgent, fields }: HttpProbeRequest): OutgoingHttpHeaders {
  if (fields.lines === null || !canAsk(method, path, host)) throw new ProbeFailure('Monitor Config Error');
  const sent: OutgoingHttpHeaders = { 'accept-encoding': 'identity' };
  for (const [name, values] of Object.entries(fields.byName)) {
    const key = name.toLowerCase();
    if (!OF_CONNECTIONS.test(key) && !isConnectorField(key))
      sent[key] = values.join(key === 'cookie' ? '; ' : ', ');
  }
  sent['user-agent'] = userAgent;
  return { ...sent, ':method': method, ':scheme': 'https', ':authority': host, ':path': path };
}

/** Calls `settled` once, never at once: with an answer or with what has become of the request. Throws when it cannot be sent. */
function askOnce(
  { origin, poolId }: ProbedPlace,
  headers: OutgoingHttpHeaders,
  failedConnectors: ReadonlySet<string>,
  offramps: ProbeDependencies['offramps'],
  signal: AbortSignal,
  settled: (outcome: HttpProbeAnswer | Error) => void,
): TunnelRequest {
  let lost: DialError | undefined;
  const onLost = (reason: string) => {
    lost = new DialError('reset', `the tunnel connection was lost: ${reason}`);
  };
  const sent = offramps.request(origin, headers, { endStream: true, onLost, failedConnectors, poolId });
  const { stream } = sent;
  const failure = () => {
    if (!signal.aborted) return lost ?? new ProbeFailure('HTTP Invalid Response');
    return new ProbeFailure('HTTP timeout occurred', {
      detail: `${sent.connector.name} did not answer in time`,
    });
  };
  cancelOnAbort(sent, signal);
  stream.once('close', () => settled(failure()));
  stream.once('response', (_headers: unknown, _flags: number, raw: readonly string[]) => {
    try {
      settled({
        ...readHead(raw),
        body: (maxBytes) => readWindow(stream, maxBytes, failure),
        discard: () => stream.close(CANCEL),
      });
    } catch (error) {
      settled(error as Error);
      stream.close(CANCEL);
    }
  });
  return sent;
}

function cancelOnAbort({ stream, suspect }: TunnelRequest, signal: AbortSignal): void {
  let answered = false;
  const cancel = () => {
    if (!answered) suspect();
    stream.close(CANCEL);
    // What has arrived and nobody wants would keep it open.
    stream.resume();
  };
  stream.once('response', () => {
    answered = true;
  });
  stream.once('close', () => signal.removeEventListener('abort', cancel));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
}

function readHead(raw: readonly string[]): Pick<HttpProbeAnswer, 'status' | 'headers'> {
  try {
    if (whoAnswers(rawField(raw, 'cf-cloudflared-response-meta')) === 'connector')
      throw new ProbeFailure('TCP connection failed');
    const fields = originFields(rawField(raw, 'cf-cloudflared-response-headers') ?? '');
    const bytes = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    if (bytes > HEADER_BYTES) throw new ProbeFailure('HTTP Invalid Response');
    const location = fields.find(([name]) => name.toLowerCase() === 'location')?.[1];
    return {
      status: Number(rawField(raw, ':status')),
      headers: location === undefined ? {} : { location },
    };
  } catch (error) {
    throw error instanceof SyntaxError ? new ProbeFailure('HTTP Invalid Response', { cause: error }) : error;
  }
}

function readWindow(stream: RequestStream, maxBytes: number, failure: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = () => resolve(Buffer.concat(chunks).subarray(0, maxBytes));
    if (stream.readableEnded) return done();
    if (stream.destroyed) return reject(failure());
    stream.on('data', (chunk: Buffer) => {
      if (size >= maxBytes) return;
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) done();
    });
    // A stream that was reset ends as well.
    stream.once('end', () => (stream.rstCode ? reject(failure()) : done()));
    stream.once('close', () => reject(failure()));
  });
}
