import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { originFieldLines } from '../forward-headers.js';
import { headTooLong, InvalidStatus, Malformed } from '../head/malformed.js';
import { type ResponseHead, readResponseHead } from '../head/response-head.js';
import type { HeadLimits } from '../limits.js';
import type { OriginRequest } from '../responder.js';
import { fieldLines, headersFrom } from './field-lines.js';
import type { Http2Dialect } from './http2-responder.js';

/** Plain HTTP/2, as an origin itself speaks it. */
export function sessionDialect(
  session: ClientHttp2Session,
  tls: boolean,
  limits: HeadLimits,
): Pick<Http2Dialect, 'open' | 'readHead' | 'continuesAtOnce' | 'failedToOpen' | 'endedUnanswered'> {
  return {
    open: (request, endStream) => session.request(requestHeaders(request, tls), { endStream }),
    readHead: (raw) => readHead(`${responseStatus(raw)} `, fieldLines(raw), limits),
    continuesAtOnce: false,
    // The session ended since it was chosen.
    failedToOpen: () => 'refused',
    endedUnanswered: 'invalid_response',
  };
}

function requestHeaders(request: OriginRequest, tls: boolean): OutgoingHttpHeaders {
  const { head, host } = request;
  const headers = headersFrom(originFieldLines(request));
  headers[':method'] = head.method;
  headers[':scheme'] = tls ? 'https' : 'http';
  headers[':authority'] = host;
  headers[':path'] = head.target;
  return headers;
}

/**
 * The head with `status` (and perhaps a reason) and `lines`, by the parser of HTTP/1.1 responses, so that one set of rules
 * decides what goes on. Throws Malformed or InvalidStatus.
 */
export function readHead(status: string, lines: string, { headBytes, fieldCount }: HeadLimits): ResponseHead {
  const text = `HTTP/1.1 ${status}\r\n${lines}`;
  if (text.length > headBytes) throw headTooLong(headBytes);
  return readResponseHead(text, fieldCount);
}

/** The `:status` of raw headers. Throws Malformed unless it is a number, InvalidStatus unless it is one of HTTP. */
export function responseStatus(raw: readonly string[]): string {
  const status = raw[raw.indexOf(':status') + 1] ?? '';
  if (!/^\d+$/.test(status)) throw new Malformed(400, 'the :status is not a number');
  if (!/^[1-5]\d\d$/.test(status)) throw new InvalidStatus(status);
  return status;
}
