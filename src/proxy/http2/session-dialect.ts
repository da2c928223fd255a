import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { Malformed } from '../head/malformed.js';
import { type ResponseHead, readResponseHead } from '../head/response-head.js';
import type { OriginRequest } from '../responder.js';
import { fieldLines, headersFrom } from './field-lines.js';
import type { Http2Dialect } from './http2-responder.js';

/** Plain HTTP/2, as an origin itself speaks it. */
export function sessionDialect(
  session: ClientHttp2Session,
  tls: boolean,
  fieldCount: number,
): Pick<Http2Dialect, 'open' | 'readHead' | 'continuesAtOnce' | 'failedToOpen' | 'endedUnanswered'> {
  return {
    open: (request, endStream) => session.request(requestHeaders(request, tls), { endStream }),
    readHead: (raw) => readHead(raw, fieldCount),
    continuesAtOnce: false,
    // The session ended since it was chosen.
    failedToOpen: () => 'refused',
    endedUnanswered: 'invalid_response',
  };
}

function requestHeaders({ head, host, fields }: OriginRequest, tls: boolean): OutgoingHttpHeaders {
  const headers = headersFrom(fields);
  headers[':method'] = head.method;
  headers[':scheme'] = tls ? 'https' : 'http';
  headers[':authority'] = host;
  headers[':path'] = head.target;
  return headers;
}

/** By the parser of HTTP/1.1 responses, so that one set of rules decides what goes on. */
function readHead(raw: readonly string[], fieldCount: number): ResponseHead {
  return readResponseHead(`HTTP/1.1 ${responseStatus(raw)} \r\n${fieldLines(raw)}`, fieldCount);
}

/** The `:status` of raw headers; throws Malformed unless it is that of a final response. */
export function responseStatus(raw: readonly string[]): string {
  const status = raw[raw.indexOf(':status') + 1] ?? '';
  if (!/^[2-9]\d\d$/.test(status)) throw new Malformed(400, 'the :status is not one of a final response');
  return status;
}
