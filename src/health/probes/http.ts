import { parseIp } from '../../net/addresses.js';
import { canonicalAuthority, canonicalHost, tunnelBefore } from '../../net/hostnames.js';
import type { LiveMonitor } from '../../state/snapshot.js';
import type { OriginPlace } from '../../tunnel/egress/contract.js';
import type { HttpProbeAnswer } from './http-answer.js';
import {
  exchange,
  firstRequest,
  type HttpProbeRequest,
  hostName,
  NO_FIELDS,
  serverNameOf,
} from './http-exchange.js';
import { exchangeThroughIngress } from './ingress-exchange.js';
import {
  type Cancellation,
  failed,
  type Probe,
  type ProbeDependencies,
  type ProbeTarget,
  passed,
} from './probe.js';
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
export const probeHttp: Probe = async (target, dependencies, cancellation) => {
  const { origin, monitor } = target;
  const isExpected = expectedBy(monitor);
  if (!isExpected) return failed('Monitor Config Error');
  // The monitor's port, never the origin's: 0 is the default of the type. Ingress rules know no ports.
  const port = monitor.port || (monitor.type === 'https' ? 443 : 80);
  const hop = { origin, port, request: firstRequest(target) };
  const startedAt = dependencies.real.monotonic();
  const first = await ask(hop, target, dependencies, cancellation);
  // Of the first hop, from dialling to the head of its answer: the others may be to somebody else.
  const rttMs = dependencies.real.monotonic() - startedAt;
  const { answer, final } = monitor.followRedirects
    ? await follow(first, hop, target, dependencies, cancellation)
    : { answer: first, final: true };
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
  /** False when the answer is a redirect that should have been followed and could not. */
  readonly final: boolean;
}

async function follow(
  first: HttpProbeAnswer,
  firstHop: Hop,
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  cancellation: Cancellation,
): Promise<LastAnswer> {
  let answer = first;
  let hop = firstHop;
  for (let redirects = 0; ; redirects += 1) {
    const { location } = answer.headers;
    if (!isRedirect(answer.status) || location === undefined) return { answer, final: true };
    const next = redirects < MAX_REDIRECTS ? nextHop(hop, answer.status, location) : null;
    if (!next) return { answer, final: false };
    answer.discard();
    hop = next;
    answer = await ask(hop, target, dependencies, cancellation);
  }
}

function ask(
  { origin, port, request }: Hop,
  { monitor, poolId }: ProbeTarget,
  dependencies: ProbeDependencies,
  cancellation: Cancellation,
): Promise<HttpProbeAnswer> {
  const asked = { origin, poolId };
  const timeoutMs = monitor.timeout * 1_000;
  if (dependencies.offramps.select(origin).kind === 'ingress')
    return exchangeThroughIngress(asked, request, timeoutMs, dependencies, cancellation.signal());
  // TLS reads by itself.
  const dialled = dialOrigin(asked, port, timeoutMs, dependencies, cancellation, !request.secure);
  if (!request.secure) return dialled.then((socket) => exchange(socket, request, cancellation));
  const identity = {
    serverName: request.serverName,
    identity: hostName(request.host),
    allowInsecure: monitor.allowInsecure,
    trust: dependencies.trust,
  };
  return dialled
    .then((socket) => secure(socket, identity, cancellation))
    .then((stream) => exchange(stream, request, cancellation));
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
      ...(sameHost ? {} : { fields: NO_FIELDS }),
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

/** Read once for each monitor. */
const expectations = new WeakMap<LiveMonitor, ReturnType<typeof parseExpectedCodes>>();

function expectedBy(monitor: LiveMonitor): ReturnType<typeof parseExpectedCodes> {
  const known = expectations.get(monitor);
  if (known !== undefined) return known;
  const read = parseExpectedCodes(monitor.expectedCodes);
  expectations.set(monitor, read);
  return read;
}

/** The test that `expected_codes` spells: `200`, a class `2xx`, or a list `200, 302`. Null when it is none of these. */
export function parseExpectedCodes(text: string): ((status: number) => boolean) | null {
  if (!GRAMMAR.test(text)) return null;
  const codes = new Set(text.split(',').map((code) => code.trim().toLowerCase()));
  return (status) => codes.has(String(status)) || codes.has(`${Math.floor(status / 100)}xx`);
}
