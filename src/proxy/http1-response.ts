import { STATUS_CODES } from 'node:http';
import type { ResponseFraming, ResponseHead } from './head/response-head.js';
import type { OwnResponse } from './requester.js';

/** What the client's version and the fate of its connection add to a head. */
export interface Http1Side {
  readonly minorVersion: 0 | 1;
  /** The connection ends with this response. */
  readonly closes: boolean;
}

/** The first line of an origin's response as the client gets it. */
export function statusLine({ status, reason }: ResponseHead): string {
  return status === 200 && reason === 'OK' ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** What stands behind the origin's own fields, to the end of the head; `Server` stays the origin's. */
export function responseHeadEnd(
  head: ResponseHead,
  framing: ResponseFraming,
  fields: string,
  { closes, minorVersion }: Http1Side,
): string {
  return `${framingField(head, framing, minorVersion)}${fields}${connectionField(closes, minorVersion)}\r\n`;
}

function framingField(head: ResponseHead, framing: ResponseFraming, minorVersion: 0 | 1): string {
  // An HTTP/1.0 client gets the data without chunks and knows the end by the close.
  if (framing === 'chunked') return minorVersion === 0 ? '' : 'Transfer-Encoding: chunked\r\n';
  // HEAD and 304 tell the length of what they do not send; 204 must not.
  if (head.contentLength === null || head.status === 204) return '';
  return `Content-Length: ${head.contentLength}\r\n`;
}

function connectionField(closes: boolean, minorVersion: 0 | 1): string {
  if (closes) return 'Connection: close\r\n';
  // An HTTP/1.0 client that asked for it must be told that it was granted.
  return minorVersion === 0 ? 'Connection: keep-alive\r\n' : '';
}

/** An interim response has neither a body nor a length, and says nothing of the connection. */
export function interimText({ status, reason, passedOn }: ResponseHead): string {
  return `HTTP/1.1 ${status} ${reason}\r\n${passedOn}\r\n`;
}

export function switchingText(head: ResponseHead, fields: string): string {
  return (
    `HTTP/1.1 101 ${head.reason}\r\n${head.passedOn}${fields}` +
    'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  );
}

/** A whole response; HEAD gets the head alone, and 204 and 304 have no length either. */
export function ownResponseBytes(
  { status, fields: ownFields, body }: OwnResponse,
  fields: string,
  method: string,
  { closes, minorVersion }: Http1Side,
): Buffer {
  const content = Buffer.from(body);
  const length = status === 204 || status === 304 ? '' : `Content-Length: ${content.length}\r\n`;
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Origin Error'}\r\n` +
    `${ownFields}${length}${fields}${connectionField(closes, minorVersion)}\r\n`;
  const headBytes = Buffer.from(head, 'latin1');
  return method === 'HEAD' ? headBytes : Buffer.concat([headBytes, content]);
}
