import type { TrafficFaults } from '../faults/traffic-faults.js';
import type {
  DecisionReport,
  FailedAttemptReport,
  Named,
  OffRampReport,
  OriginReport,
  RequestReport,
} from '../live/request-report.js';
import type { LiveLoadBalancer, LiveOrigin } from '../live/snapshot.js';
import type { Clock } from '../net/clock.js';
import { realTime } from '../net/real-time.js';
import type { OffRamps } from '../offramps/contract.js';
import type { Plan, Trace } from '../steering/plan.js';
import type { DetailedError } from './errors.js';
import type { RequestHead } from './head/request-head.js';
import type { OnlyPlan, PublishedHostname } from './published-hostnames.js';
import { kept, loggedPath } from './request-log.js';
import type { RequestSink } from './request-sink.js';

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
export type RecordedRequest = Pick<RequestHead, 'method' | 'host' | 'target'>;

/** For a request that was refused before it had an exchange. */
export function recordRefusal(
  services: RecordServices,
  ray: string,
  clientIp: string,
  request: RecordedRequest,
  { status, name, text }: DetailedError,
): void {
  const record = new RequestRecord(services, ray, clientIp, request);
  record.status = status;
  record.detail = text;
  record.end(name);
}

/** Gathers what the log of requests shall say of one request; costs next to nothing until the end. */
export class RequestRecord {
  /** Unix milliseconds. */
  readonly at: number;
  loadBalancer: LiveLoadBalancer | null = null;
  publishedHostname: PublishedHostname | null = null;
  trace: Trace | null = null;
  /** Hears of the end of a request that is traced. */
  onEnd: ((report: RequestReport) => void) | null = null;
  /** Of the response that has begun, whoever made it. */
  status: number | null = null;
  /** Of the response's body, as far as it has been passed on. */
  responseBytes = 0;
  /** What an error says about this one request; null when its name says it all. */
  detail: string | null = null;
  private readonly begun = realTime.monotonic();
  private firstByteMs: number | null = null;
  private plan: Plan | OnlyPlan | null = null;
  private offRamp: OffRampReport | null = null;
  private failures = NO_FAILURES;
  private faults = NO_FAULTS;

  constructor(
    private readonly services: RecordServices,
    private readonly ray: string,
    private readonly clientIp: string,
    private readonly request: RecordedRequest,
  ) {
    this.at = services.clock.now();
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
    this.failures = [
      ...this.failures,
      { pool: pool.name, origin: origin.name, failure, detail: detail.slice(0, MAX_DETAIL) },
    ];
  }

  /** A connection that it uses is under these faults. */
  under(faults: readonly string[]): void {
    const others = faults.filter((name) => !this.faults.includes(name));
    if (others.length > 0) this.faults = [...this.faults, ...others];
  }

  /** The request is over; `error` is why an origin did not have the last word. */
  end(error: string | null): void {
    const { plan, loadBalancer, publishedHostname, request } = this;
    const host = loadBalancer ?? publishedHostname;
    const report: RequestReport = {
      ray: this.ray,
      at: this.at,
      durationMs: this.elapsed(),
      firstByteMs: this.firstByteMs,
      responseBytes: this.status === null || this.status === UPGRADED ? null : this.responseBytes,
      clientIp: this.clientIp,
      method: kept(request.method),
      // Most often the name that is in memory anyhow.
      host: request.host === host?.name ? host.name : kept(request.host),
      path: loggedPath(request.target),
      status: this.status,
      error,
      detail: error && this.detail,
      loadBalancer: loadBalancer && named(loadBalancer),
      publishedHostname: publishedHostname && named(publishedHostname),
      pool: plan && !publishedHostname ? named(plan.pool) : null,
      origin: plan && originReport(plan.origin),
      offRamp: this.offRamp,
      failedAttempts: this.failures,
      faults: this.faults,
      decision: this.trace && decisionReport(this.trace),
    };
    this.services.requests.add(report);
    this.onEnd?.(report);
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
