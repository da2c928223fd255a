import { parseExpectedCodes } from '../expected-codes.js';
import { dialOrigin } from './dial.js';
import { exchange, type HttpProbeAnswer } from './http-exchange.js';
import { firstRequest, hostName } from './http-request.js';
import { exchangeThroughIngress } from './ingress-exchange.js';
import { failed, type Probe, type ProbeDependencies, type ProbeTarget, passed } from './probe.js';
import { type Hop, isRedirect, nextHop } from './redirect.js';
import { secure } from './tls.js';

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
