import { STATUS_CODES } from 'node:http';
import { OriginFault } from '../errors.js';
import { Malformed } from '../head/malformed.js';
import type { RequestHead } from '../head/request-head.js';
import { wantsWebSocket } from '../head/request-head.js';
import { type ResponseHead, readResponseHead } from '../head/response-head.js';
import { responseStatus } from '../http2/session-dialect.js';
import { serializedFieldLines } from './serialized-fields.js';

/**
 * The head of the response that a connector brings. The fields are those of `cf-cloudflared-response-headers` alone: what
 * stands beside them, such as a guessed Content-Type, is the connector's. Throws an OriginFault: `connector_failed` when
 * the connector speaks for itself, `connector_invalid` when the head cannot be read.
 */
export function readIngressHead(
  raw: readonly string[],
  request: RequestHead,
  fieldCount: number,
): ResponseHead {
  const status = orInvalid(() => responseStatus(raw));
  const meta = fieldValue(raw, 'cf-cloudflared-response-meta');
  if (meta === undefined) throw invalid(`an answer with ${status} does not say whose it is`);
  if (orInvalid(() => sourceOf(meta)) === 'cloudflared')
    throw new OriginFault('connector_failed', `the connector answered ${status}: ${meta.slice(0, 100)}`);
  const lines = orInvalid(() =>
    serializedFieldLines(fieldValue(raw, 'cf-cloudflared-response-headers') ?? ''),
  );
  const head = orInvalid(() =>
    readResponseHead(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}`, fieldCount),
  );
  // HTTP/2 has no 101.
  const upgraded = head.status === 200 && head.upgrade === 'websocket' && head.connectionUpgrade;
  return upgraded && wantsWebSocket(request) ? { ...head, status: 101, reason: 'Switching Protocols' } : head;
}

/** Who speaks: `origin`, or the connector itself. */
function sourceOf(meta: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(meta);
  } catch {}
  const source = (parsed as { src?: unknown } | null | undefined)?.src;
  if (source === 'origin' || source === 'cloudflared') return source;
  throw new Malformed(400, `cf-cloudflared-response-meta is ${JSON.stringify(meta.slice(0, 100))}`);
}

function fieldValue(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) if (raw[i] === name) return raw[i + 1];
  return undefined;
}

function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) throw invalid(error.message, error);
    throw error;
  }
}

function invalid(message: string, cause?: Error): OriginFault {
  return new OriginFault('connector_invalid', message, { cause });
}
