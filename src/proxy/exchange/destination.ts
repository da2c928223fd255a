import type { LiveFixedResponse } from '../../state/snapshot.js';
import { Failover } from '../../steering/failover.js';
import { isPublished, type PublishedHostname } from '../hosts.js';
import { isCheck, type RequestHead } from '../http/request-head.js';
import type { RequestRecord } from '../telemetry/request-record.js';
import { traced } from '../telemetry/tracing.js';
import type { DownstreamStream, RequestingClient } from './contract.js';
import { rayField } from './own-answers.js';
import { clientLocation, HttpRequestContext } from './request-context.js';
import type { ExchangeServices } from './services.js';

type DestinationServices = Pick<
  ExchangeServices,
  'hosts' | 'steering' | 'random' | 'placeOf' | 'locationHeader' | 'tracing' | 'log' | 'healthPath'
>;

/** What shall become of a request: an origin answers it, an operator's response or this proxy does, or nobody can. */
type RequestDestination =
  | {
      readonly kind: 'origin';
      readonly choice: Failover | PublishedHostname;
      /** What each origin gets besides the fields of the client that go on, as lines. */
      readonly fields: string;
    }
  | { readonly kind: 'fixed_response'; readonly response: LiveFixedResponse }
  /** A load balancer in front asks whether this proxy is there. */
  | { readonly kind: 'check' }
  | { readonly kind: 'refused'; readonly reason: 'loop' | 'unknown_load_balancer' | 'no_pool' };

const CHECK = { kind: 'check' } as const;
const LOOP = { kind: 'refused', reason: 'loop' } as const;
const UNKNOWN_LOAD_BALANCER = { kind: 'refused', reason: 'unknown_load_balancer' } as const;
const NO_POOL = { kind: 'refused', reason: 'no_pool' } as const;

/**
 * Where a request goes, by its host and by steering; the record learns why. What the request says of its location and trace is taken out
 * of its head. `ray`: its CF-Ray; `webSocket`: it wants to become one.
 */
export function destinationOf(
  services: DestinationServices,
  request: RequestHead,
  client: Pick<DownstreamStream, 'identity' | 'scheme' | 'version'>,
  record: RequestRecord,
  ray: string,
  webSocket: boolean,
): RequestDestination {
  if (request.authority === '' || isCheck(request, services.healthPath)) return CHECK;
  if (isLoop(request.cdnLoop)) return LOOP;
  const { steering, tracing, random } = services;
  const host = services.hosts.match(request.host);
  if (!host) return UNKNOWN_LOAD_BALANCER;
  const place = clientLocation(services, request, client.identity.ip, (text) =>
    services.log.debug({ ray, text }, 'a location header cannot be read'),
  );
  if (tracing) record.tracedBy(traced(tracing, request));
  const fields = originRequestFields(request, client, ray, place.country, webSocket);
  if (isPublished(host)) {
    record.steered(host, null);
    return { kind: 'origin', choice: host, fields };
  }
  const context = new HttpRequestContext(host, client, request, place, record.at, random);
  const decision = steering.decide(host, context);
  record.steered(host, decision.trace);
  if (decision.kind === 'fixed_response') return decision;
  if (decision.kind === 'no_pool') return NO_POOL;
  return { kind: 'origin', choice: new Failover(steering, context, decision), fields };
}

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
  client: Pick<DownstreamStream, 'identity' | 'scheme'>,
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
  { identity, scheme }: Pick<DownstreamStream, 'identity' | 'scheme'>,
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

function requestFraming({ contentLength, chunked }: RequestHead): string {
  if (chunked) return 'Transfer-Encoding: chunked\r\n';
  return contentLength === null ? '' : `Content-Length: ${contentLength}\r\n`;
}
