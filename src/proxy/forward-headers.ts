import type { Duplex } from 'node:stream';
import type { RequestHead } from './head/request-head.js';
import type { Requester, RequestingClient } from './requester.js';
import type { OriginRequest } from './responder.js';
import { writeMessage } from './write-slab.js';

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

/** What this proxy adds to the fields of a request that go on: the same for every attempt. */
export function originRequestFields(
  request: RequestHead,
  client: Pick<Requester, 'identity' | 'scheme'>,
  ray: string,
  country: string,
  upgrade: boolean,
): string {
  return (
    requestFraming(request) +
    (request.expectContinue ? 'Expect: 100-continue\r\n' : '') +
    rayField(ray) +
    connectionFields(request, upgrade) +
    clientFields(request, client, country)
  );
}

interface ClientFields {
  readonly scheme: string;
  readonly country: string;
  readonly text: string;
}

/** Most requests of a client say the same about it. */
const known = new WeakMap<RequestingClient, ClientFields>();

function clientFields(
  { forwardedFor, cdnLoop }: RequestHead,
  { identity, scheme }: Pick<Requester, 'identity' | 'scheme'>,
  country: string,
): string {
  const simple = forwardedFor === '' && cdnLoop === '';
  const last = simple ? known.get(identity) : undefined;
  if (last !== undefined && last.scheme === scheme && last.country === country) return last.text;
  const { ip, peerIp } = identity;
  const lines = [
    `CF-Connecting-IP: ${ip}`,
    `X-Forwarded-For: ${forwardedFor === '' ? peerIp : `${forwardedFor}, ${peerIp}`}`,
    `X-Forwarded-Proto: ${scheme}`,
    `CF-Visitor: {"scheme":"${scheme}"}`,
    `CF-IPCountry: ${country}`,
    `CDN-Loop: ${cdnLoop === '' ? LOOP_NAME : `${cdnLoop}, ${LOOP_NAME}`}`,
  ];
  const text = `${lines.join('\r\n')}\r\n`;
  if (simple) known.set(identity, { scheme, country, text });
  return text;
}

function connectionFields({ takesTrailers }: RequestHead, upgrade: boolean): string {
  if (upgrade) return 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  return takesTrailers ? 'TE: trailers\r\nConnection: keep-alive, TE\r\n' : 'Connection: keep-alive\r\n';
}

/** The field lines that an origin gets behind `Host`. */
export const originFieldLines = ({ head, fields }: OriginRequest): string => head.passedOn + fields;

/** The whole head for one origin, in HTTP/1.1. */
export function originRequestHead(request: OriginRequest): string {
  return `${originRequestLine(request)}${originFieldLines(request)}\r\n`;
}

/** Request line and `Host`. */
function originRequestLine({ head, host }: OriginRequest): string {
  return `${head.method} ${head.target} HTTP/1.1\r\nHost: ${host}\r\n`;
}

/** Writes it, and returns what `write` returns. */
export function writeOriginRequest(socket: Duplex, request: OriginRequest): boolean {
  const written = writeMessage(socket, originRequestLine(request), request.head, `${request.fields}\r\n`);
  return written ?? socket.write(originRequestHead(request), 'latin1');
}

function requestFraming({ contentLength, chunked }: RequestHead): string {
  if (chunked) return 'Transfer-Encoding: chunked\r\n';
  return contentLength === null ? '' : `Content-Length: ${contentLength}\r\n`;
}

/** The field that names the request in the client's response, the origin's request and our logs. */
export function rayField(ray: string): string {
  return `CF-Ray: ${ray}\r\n`;
}
