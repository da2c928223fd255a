import type { RequestHead } from './head/request-head.js';
import type { Requester } from './requester.js';
import type { OriginRequest } from './responder.js';

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
  { identity, scheme }: Pick<Requester, 'identity' | 'scheme'>,
  ray: string,
  country: string,
  upgrade: boolean,
): string {
  const { ip: clientIp, peerIp } = identity;
  const { forwardedFor, cdnLoop } = request;
  return (
    request.passedOn +
    requestFraming(request) +
    (request.expectContinue ? 'Expect: 100-continue\r\n' : '') +
    `CF-Connecting-IP: ${clientIp}\r\n` +
    `X-Forwarded-For: ${forwardedFor === '' ? peerIp : `${forwardedFor}, ${peerIp}`}\r\n` +
    `X-Forwarded-Proto: ${scheme}\r\nCF-Ray: ${ray}\r\nCF-Visitor: {"scheme":"${scheme}"}\r\nCF-IPCountry: ${country}\r\n` +
    `CDN-Loop: ${cdnLoop === '' ? LOOP_NAME : `${cdnLoop}, ${LOOP_NAME}`}\r\n` +
    connectionFields(request, upgrade)
  );
}

function connectionFields({ takesTrailers }: RequestHead, upgrade: boolean): string {
  if (upgrade) return 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  return takesTrailers ? 'TE: trailers\r\nConnection: keep-alive, TE\r\n' : 'Connection: keep-alive\r\n';
}

/** The whole head for one origin, in HTTP/1.1. */
export function originRequestHead({ head, host, fields }: OriginRequest): string {
  return `${head.method} ${head.target} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;
}

function requestFraming({ contentLength, chunked }: RequestHead): string {
  if (chunked) return 'Transfer-Encoding: chunked\r\n';
  return contentLength === null ? '' : `Content-Length: ${contentLength}\r\n`;
}

/** The field that names the request in the client's response, the origin's request and our logs. */
export function rayField(ray: string): string {
  return `CF-Ray: ${ray}\r\n`;
}
