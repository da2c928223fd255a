import type {
  DecisionReport,
  FailedAttemptReport,
  Named,
  OffRampReport,
  OriginReport,
  RequestReport,
} from '../../bridge/reports.js';
import type { TrafficFaults } from '../../faults/traffic-faults.js';
import { type Clock, realTime } from '../../net/clock.js';
import type { LiveLoadBalancer, LiveOrigin } from '../../state/snapshot.js';
import type { Plan, Trace } from '../../steering/contract.js';
import type { OffRamps } from '../../tunnel/egress/contract.js';
import { isPublished, type OnlyPlan, type PublishedHostname } from '../hosts.js';
import type { RequestHead } from '../http/request-head.js';
import { kept, loggedPath } from './request-log.js';

const DIRECT: OffRampReport = { kind: 'direct', tunnelId: null };
const NO_FAULTS: readonly string[] = [];
const NO_FAILURES: readonly FailedAttemptReport[] = [];
/** Pools and rules of a decision: a load balancer may have a thousand of each, and thousands of decisions are kept. */
const MAX_LISTED = 32;
/** The status of a connection that goes on as a stream of bytes both ways. */
const UPGRADED = 101;
/** Characters of what is said of a failed attempt. */
const MAX_DETAIL = 400;

/** Where records go, and what they need to tell how bytes left. */
export interface RecordServices {
  /** Those on bytes; null where there are none. */
  readonly faults: Pick<TrafficFaults, 'connections'> | null;
  readonly requests: RequestSink;
  readonly offramps: Pick<OffRamps, 'select' | 'connectors'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What was asked for; a TCP connection has a host alone. */
type RecordedRequest = Pick<RequestHead, 'method' | 'host' | 'target'>;

/** For a request that was refused before it had an exchange. */
export function recordRefusal(
  services: RecordServices,
  ray: string,
  clientIp: string,
  request: RecordedRequest,
  { status, name, text }: { readonly status: number; readonly name: string; readonly text: string },
): void {
  // What was not read as a whole is told from pieces of it.
  const { method, host, target } = request;
  const pieces = { method: kept(method), host, target: kept(target) };
  const record = new RequestRecord(services, ray, clientIp, pieces);
  record.status = status;
  record.end(name, text);
}

/**
 * Gathers what the log of requests shall say of one request, and in the end is that: names, and nothing that would hold the
 * configuration of the past in memory. The log makes a copy.
 */
export class RequestRecord implements RequestReport {
  readonly at: number;
  host = '';
  path = '';
  durationMs = 0;
  firstByteMs: number | null = null;
  /** Of the response that has begun, whoever made it. */
  status: number | null = null;
  responseBytes: number | null = null;
  error: string | null = null;
  detail: string | null = null;
  loadBalancer: Named | null = null;
  publishedHostname: Named | null = null;
  pool: Named | null = null;
  origin: OriginReport | null = null;
  offRamp: OffRampReport | null = null;
  failedAttempts = NO_FAILURES;
  faults = NO_FAULTS;
  decision: DecisionReport | null = null;
  readonly method: string;
  /** Of the response's body, as far as it has been passed on. */
  bodyBytes = 0;
  private readonly begun = realTime.monotonic();
  private request: RecordedRequest | null;
  private service: LiveLoadBalancer | PublishedHostname | null = null;
  private plan: Plan | OnlyPlan | null = null;
  /** Hears of the end of a request that is traced. */
  private onEnd: ((report: RequestReport) => void) | null = null;

  constructor(
    private readonly services: RecordServices,
    readonly ray: string,
    readonly clientIp: string,
    request: RecordedRequest,
  ) {
    this.at = services.clock.now();
    this.method = request.method;
    this.request = request;
  }

  /** What answers for the host name, and why it chose as it did. */
  steered(service: LiveLoadBalancer | PublishedHostname, trace: Trace | null): void {
    this.service = service;
    this.decision = trace && decisionReport(trace);
  }

  tracedBy(onEnd: ((report: RequestReport) => void) | null): void {
    this.onEnd = onEnd;
  }

  attempt(plan: Plan | OnlyPlan): void {
    this.plan = plan;
    this.offRamp = this.wayOf(plan);
  }

  /** An origin has begun to answer. */
  answered(status: number): void {
    this.status = status;
    this.firstByteMs = this.elapsed();
  }

  /** `detail`: in words, for operators. */
  attemptFailed(failure: string, detail: string): void {
    const { pool, origin } = this.plan!;
    this.failedAttempts = [
      ...this.failedAttempts,
      { pool: pool.name, origin: origin.name, failure, detail: detail.slice(0, MAX_DETAIL) },
    ];
  }

  /** A connection that it uses is under these faults. */
  under(faults: readonly string[]): void {
    const others = faults.filter((name) => !this.faults.includes(name));
    if (others.length > 0) this.faults = [...this.faults, ...others];
  }

  /** The request is over; `error` is why an origin did not have the last word, `detail` what it says about this one request. */
  end(error: string | null, detail: string | null = null): void {
    const { plan, service, request, status } = this;
    this.durationMs = this.elapsed();
    this.error = error;
    this.detail = detail;
    if (status !== null && status !== UPGRADED) this.responseBytes = this.bodyBytes;
    if (plan !== null) this.origin = originReport(plan.origin);
    if (service !== null && isPublished(service)) this.publishedHostname = named(service);
    else {
      this.loadBalancer = service && named(service);
      this.pool = plan && named(plan.pool);
    }
    // Most often the name that is in memory anyhow.
    this.host = request!.host === service?.name ? service.name : kept(request!.host);
    this.path = loggedPath(request!.target);
    this.request = null;
    this.service = null;
    this.plan = null;
    const { onEnd } = this;
    this.onEnd = null;
    this.services.requests.add(this);
    onEnd?.(this);
  }

  private elapsed(): number {
    return Math.round((realTime.monotonic() - this.begun) * 1000) / 1000;
  }

  private wayOf({ origin }: Plan | OnlyPlan): OffRampReport {
    if (origin.virtualNetworkId === null && origin.ip !== null) return DIRECT;
    const way = this.services.offramps.select(origin);
    return { kind: way.kind, tunnelId: 'tunnelId' in way ? way.tunnelId : null };
  }
}

/** One object for all reports about the same thing: what every request leaves behind is what the garbage collector works on. */
const names = new WeakMap<Named, Named>();
const origins = new WeakMap<LiveOrigin, OriginReport>();

function named(object: Named): Named {
  let known = names.get(object);
  if (known === undefined) {
    known = { id: object.id, name: object.name };
    names.set(object, known);
  }
  return known;
}

function originReport(origin: LiveOrigin): OriginReport {
  let known = origins.get(origin);
  if (known === undefined) {
    known = { name: origin.name, address: origin.address };
    origins.set(origin, known);
  }
  return known;
}

function decisionReport(trace: Trace): DecisionReport {
  const { candidates, skipped, rules } = trace;
  if (Math.max(candidates.length, skipped.length, rules.length) <= MAX_LISTED) return trace;
  return {
    ...trace,
    candidates: candidates.slice(0, MAX_LISTED),
    skipped: skipped.slice(0, MAX_LISTED),
    rules: rules.slice(0, MAX_LISTED),
  };
}

/** Hears of every request and connection that is over. */
export interface RequestSink {
  add(report: RequestReport): void;
}

/** One for several, in their order. */
export function allOf(sinks: readonly RequestSink[]): RequestSink {
  return {
    add(report) {
      for (const sink of sinks) sink.add(report);
    },
  };
}
