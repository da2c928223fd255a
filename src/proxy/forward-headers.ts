import type { RequestHead } from './head/request-head.js';
import type { ResponseFraming, ResponseHead } from './head/response-head.js';

/** How this proxy names itself in CDN-Loop. */
const LOOP_NAME = 'offramp';
/** So often may one request pass this or another Offramp; a chain of a few is a design, more is a circle. */
const MAX_PASSES = 3;

/** Whether the request has passed an Offramp too often. */
export function isLoop(cdnLoop: string): boolean {
  if (cdnLoop === '') return false;
  // An element is a name with optional parameters: `offramp; version=1`.
  const passes = cdnLoop
    .split(',')
    .filter((element) => element.split(';')[0]!.trim().toLowerCase() === LOOP_NAME);
  return passes.length >= MAX_PASSES;
}

/** What the origin gets behind `Host`: the same for every attempt. */
export function originRequestFields(
  request: RequestHead,
  clientIp: string,
  ray: string,
  upgrade: boolean,
): string {
  const { forwardedFor, cdnLoop } = request;
  return (
    request.passedOn +
    requestFraming(request) +
    (request.expectContinue ? 'Expect: 100-continue\r\n' : '') +
    `CF-Connecting-IP: ${clientIp}\r\n` +
    `X-Forwarded-For: ${forwardedFor === '' ? clientIp : `${forwardedFor}, ${clientIp}`}\r\n` +
    `X-Forwarded-Proto: http\r\nCF-Ray: ${ray}\r\nCF-Visitor: {"scheme":"http"}\r\nCF-IPCountry: XX\r\n` +
    `CDN-Loop: ${cdnLoop === '' ? LOOP_NAME : `${cdnLoop}, ${LOOP_NAME}`}\r\n` +
    (upgrade ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : 'Connection: keep-alive\r\n')
  );
}

/** The whole head for one origin: `host` is its override, or what the client asked for. */
export function originRequestHead(request: RequestHead, host: string, fields: string): string {
  return `${request.method} ${request.target} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;
}

function requestFraming({ contentLength, chunked }: RequestHead): string {
  if (chunked) return 'Transfer-Encoding: chunked\r\n';
  return contentLength === null ? '' : `Content-Length: ${contentLength}\r\n`;
}

export interface ClientSide {
  readonly ray: string;
  readonly closes: boolean;
  readonly minorVersion: 0 | 1;
}

/** The head that the client gets; `Server` stays the origin's. */
export function clientResponseHead(
  head: ResponseHead,
  framing: ResponseFraming,
  { ray, closes, minorVersion }: ClientSide,
): string {
  return (
    `HTTP/1.1 ${head.status} ${head.reason}\r\n` +
    head.passedOn +
    responseFramingField(head, framing, minorVersion) +
    `CF-Ray: ${ray}\r\n` +
    connectionField(closes, minorVersion) +
    '\r\n'
  );
}

function responseFramingField(head: ResponseHead, framing: ResponseFraming, minorVersion: 0 | 1): string {
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

export function switchingHead(head: ResponseHead, ray: string): string {
  return (
    `HTTP/1.1 101 ${head.reason}\r\n${head.passedOn}` +
    `CF-Ray: ${ray}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  );
}
