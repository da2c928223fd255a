import type { OutgoingHttpHeaders } from 'node:http';
import { parseIp } from '../../net/addresses.js';
import { canonicalAuthority, canonicalHost, tunnelBefore } from '../../net/hostnames.js';
import type { OriginPlace } from '../../tunnel/egress/contract.js';
import {
  exchange,
  firstRequest,
  type HttpProbeAnswer,
  type HttpProbeRequest,
  hostName,
  serverNameOf,
} from './http-exchange.js';
import { exchangeThroughIngress } from './ingress-exchange.js';
import { failed, type Probe, type ProbeDependencies, type ProbeTarget, passed } from './probe.js';
import { dialOrigin, secure } from './tcp.js';

const MAX_REDIRECTS = 10;
/** `expected_body` is looked for in so many bytes. */
const BODY_WINDOW = 10 * 1024;

/**
 * Up when the status is expected and, if asked for, the body has the expected text in its first 10 KiB, whatever the
 * case. A redirect is an answer like any other, unless the monitor follows redirects: then the last one counts, and one
 * that cannot be followed (see `nextHop`) or is one too many is a wrong status. A number that is no status of HTTP is an
 * invalid response, whatever is expected: traffic would get an error in its place.
 */
export const probeHttp: Probe = async (target, dependencies, signal) => {
  const { origin, monitor } = target;
  const isExpected = parseExpectedCodes(monitor.expectedCodes);
  if (!isExpected) return failed('Monitor Config Error');
  // The monitor's port, never the origin's: 0 is the default of the type. Ingress rules know no ports.
  const port = monitor.port || (monitor.type === 'https' ? 443 : 80);
  const { answer, rttMs, final } = await ask(
    { origin, port, request: firstRequest(target) },
    target,
    dependencies,
    signal,
  );
  if (answer.status < 100 || answer.status > 599)
    return failed('HTTP Invalid Response', answer.status, rttMs);
  if (!final || !isExpected(answer.status)) {
    return failed('Response code mismatch error', answer.status, rttMs);
  }
  const bodyMatches = monitor.expectedBody === '' || (await hasText(answer, monitor.expectedBody));
  if (!bodyMatches) return failed('Response body mismatch error', answer.status, rttMs);
  return passed(answer.status, rttMs);
};

interface LastAnswer {
  readonly answer: HttpProbeAnswer;
  /** Of the first hop, from dialling to the head of its answer: the others may be to somebody else. */
  readonly rttMs: number;
  /** False when the answer is a redirect that should have been followed and could not. */
  readonly final: boolean;
}

async function ask(
  first: Hop,
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<LastAnswer> {
  const startedAt = dependencies.real.monotonic();
  let answer = await oneHop(first, target, dependencies, signal);
  const rttMs = dependencies.real.monotonic() - startedAt;
  if (!target.monitor.followRedirects) return { answer, rttMs, final: true };
  let hop = first;
  for (let redirects = 0; ; redirects += 1) {
    const { location } = answer.headers;
    if (!isRedirect(answer.status) || location === undefined) return { answer, rttMs, final: true };
    const next = redirects < MAX_REDIRECTS ? nextHop(hop, answer.status, location) : null;
    if (!next) return { answer, rttMs, final: false };
    answer.discard();
    hop = next;
    answer = await oneHop(hop, target, dependencies, signal);
  }
}

async function oneHop(
  { origin, port, request }: Hop,
  { monitor, poolId }: ProbeTarget,
  dependencies: ProbeDependencies,
  signal: AbortSignal,
): Promise<HttpProbeAnswer> {
  const asked = { origin, poolId };
  if (dependencies.offramps.select(origin).kind === 'ingress')
    return exchangeThroughIngress(asked, request, monitor.timeout * 1_000, dependencies, signal);
  const socket = await dialOrigin(asked, port, monitor.timeout * 1_000, dependencies, signal);
  if (!request.secure) return exchange(socket, request, signal);
  const { serverName } = request;
  const identity = hostName(request.host);
  const { allowInsecure } = monitor;
  const stream = await secure(
    socket,
    { serverName, identity, allowInsecure, trust: dependencies.trust },
    signal,
  );
  return exchange(stream, request, signal);
}

async function hasText(answer: HttpProbeAnswer, text: string): Promise<boolean> {
  const body = await answer.body(BODY_WINDOW);
  return body.toString('utf8').toLowerCase().includes(text.toLowerCase());
}

/** Where a request of a probe goes, and what it says. */
export interface Hop {
  readonly origin: OriginPlace;
  readonly port: number;
  readonly request: HttpProbeRequest;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export const isRedirect = (status: number) => REDIRECTS.has(status);

/**
 * The hop that `location` leads to. The host that was asked stays the origin that was dialled; another host is dialled
 * directly. Null when it cannot be followed: no URL, not http(s), or another host than an origin behind a tunnel: what its
 * names mean is known there, and `localhost` would be this machine.
 */
export function nextHop(hop: Hop, status: number, location: string): Hop | null {
  const url = resolve(location, hop.request);
  if (!url) return null;
  const secure = url.protocol === 'https:';
  const sameAuthority =
    canonicalAuthority(url.host) === canonicalAuthority(base(hop.request).host) &&
    secure === hop.request.secure;
  const sameHost = sameAuthority || isOrigin(url, hop);
  const isPrivate = hop.origin.virtualNetworkId !== null || tunnelBefore(hop.origin) !== null;
  if (!sameHost && isPrivate) return null;
  return {
    origin: sameHost ? hop.origin : otherOrigin(url, hop.origin),
    port: sameAuthority ? hop.port : Number(url.port) || (secure ? 443 : 80),
    request: {
      ...hop.request,
      secure,
      method: methodAfter(status, hop.request.method),
      path: `${url.pathname}${url.search}`,
      ...(sameAuthority
        ? {}
        : { host: canonicalAuthority(url.host), serverName: serverNameOf(canonicalAuthority(url.host)) }),
      // The monitor's headers may hold credentials; they are for the origin alone.
      ...(sameHost ? {} : { headers: pick(hop.request.headers, 'User-Agent', 'Connection') }),
    },
  };
}

function base({ secure, host, path }: HttpProbeRequest): URL {
  // In one piece: relative to a base, a path such as `//x` would name another host.
  return new URL(`${secure ? 'https' : 'http'}://${host}${path.startsWith('/') ? path : '/'}`);
}

function resolve(location: string, request: HttpProbeRequest): URL | null {
  try {
    const url = new URL(location, base(request));
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
  } catch {
    return null;
  }
}

/** Whether the URL names the origin itself: by the name it was asked for, or by its address. */
function isOrigin(url: URL, { origin, request }: Hop): boolean {
  const name = canonicalHost(hostName(url.host));
  if (name === canonicalHost(hostName(request.host)) || name === canonicalHost(origin.address)) return true;
  return origin.ip !== null && parseIp(name)?.text === origin.ip;
}

function pick(headers: OutgoingHttpHeaders, ...names: string[]): OutgoingHttpHeaders {
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

function otherOrigin(url: URL, { accountId }: OriginPlace): OriginPlace {
  const address = hostName(url.host);
  return { address, ip: parseIp(address)?.text ?? null, virtualNetworkId: null, accountId };
}

/** As browsers do it: 303 always asks with GET, and so do 301 and 302 after a POST. */
function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET';
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
}

const GRAMMAR = /^\s*(?:\d{3}|\dxx)(?:\s*,\s*(?:\d{3}|\dxx))*\s*$/i;

/** The test that `expected_codes` spells: `200`, a class `2xx`, or a list `200, 302`. Null when it is none of these. */
export function parseExpectedCodes(text: string): ((status: number) => boolean) | null {
  if (!GRAMMAR.test(text)) return null;
  const codes = new Set(text.split(',').map((code) => code.trim().toLowerCase()));
  return (status) => codes.has(String(status)) || codes.has(`${Math.floor(status / 100)}xx`);
}
