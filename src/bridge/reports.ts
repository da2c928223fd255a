import type { Place } from '../net/locations.js';
import type { HealthState } from '../state/health-board.js';

/** One request, or TCP connection, that was served, as the log of requests keeps it: no query, no header, no body. */
export interface RequestReport {
  /** The value of CF-Ray, which the client and the origin saw too. */
  readonly ray: string;
  /** Unix milliseconds of its beginning. */
  readonly at: number;
  /** Until its end; of an upgraded or TCP connection, until bytes went both ways. */
  readonly durationMs: number;
  /** Until the head of the response that an origin gave; null without one. */
  readonly firstByteMs: number | null;
  /** Of the response's body on its way to the client, with the framing of chunks; null without a response, and of an upgraded connection. */
  readonly responseBytes: number | null;
  readonly clientIp: string;
  /** `TCP` for a connection that came on a port of TCP; it has no path and no status. */
  readonly method: string;
  readonly host: string;
  /** Without its query, and cut when it is long. */
  readonly path: string;
  /** What the client got; null when it went away, or was cut off, before a response. */
  readonly status: number | null;
  /** Why Offramp answered in place of an origin, or broke a response off; null otherwise. */
  readonly error: string | null;
  /** What `error` was about in this one request, such as the limit that it was over; null when the name says it all. */
  readonly detail: string | null;
  readonly loadBalancer: Named | null;
  /** The host name that leads to the tunnel, when it was no load balancer's. */
  readonly publishedHostname: Named | null;
  /** Who answered; of a request without an answer, who was asked last. */
  readonly pool: Named | null;
  /** Of a published host name the tunnel's. */
  readonly origin: OriginReport | null;
  readonly offRamp: OffRampReport | null;
  /** In order; the last one too, when its failure is what the client got. */
  readonly failedAttempts: readonly FailedAttemptReport[];
  /** The names of the faults on bytes that its connections were under. */
  readonly faults: readonly string[];
  readonly decision: DecisionReport | null;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface OriginReport {
  readonly name: string;
  readonly address: string;
}

/** How the bytes left. */
export interface OffRampReport {
  readonly kind: 'direct' | 'tunnel' | 'ingress' | 'none';
  readonly tunnelId: string | null;
}

export interface FailedAttemptReport {
  /** Of a published host name the host name. */
  readonly pool: string;
  readonly origin: string;
  /** The name of the edge error that it would have been. */
  readonly failure: string;
  /** What was found out: with the connectors that were asked, where there are any. */
  readonly detail: string;
}

/** Why steering chose as it did; pools by id. Of long lists the beginning. */
export interface DecisionReport {
  readonly poolSet: string | null;
  readonly rules: readonly string[];
  readonly policy: string;
  readonly candidates: readonly string[];
  readonly skipped: readonly { readonly poolId: string; readonly reason: string }[];
  /** What became of the session that the request carried. */
  readonly pin: string;
}

/** Those that fit every filter that is not null, newest first. */
export interface RequestFilter {
  /** By id or name, as the pool; the origin by name or address. */
  readonly loadBalancer: string | null;
  readonly pool: string | null;
  readonly origin: string | null;
  /** `*.example.com` is that name and all below it. */
  readonly host: string | null;
  /** In capitals. */
  readonly method: string | null;
  /** As the report has it. */
  readonly path: string | null;
  readonly status: number | null;
  readonly ray: string | null;
  readonly clientIp: string | null;
  /** Unix milliseconds: begun then or later. */
  readonly since: number | null;
  readonly limit: number;
}

export type RequestFilterName = Exclude<keyof RequestFilter, 'limit'>;

/** One that is not meant, and the filters that it does not fit. */
export interface NearMiss {
  readonly request: RequestReport;
  readonly differs: readonly RequestFilterName[];
}

export interface FoundRequests {
  /** How many in the log fit. */
  readonly count: number;
  /** The newest of them, newest first. */
  readonly requests: readonly RequestReport[];
  /** When none fits, those that miss the fewest filters, newest first; none that began before `since`. */
  readonly nearest: readonly NearMiss[];
}

/** A request that nobody sends: where would it go at this moment? */
export interface ExplainQuestion {
  readonly scheme: 'http' | 'https';
  /** As in the Host field. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly method: string;
  /** Canonical. */
  readonly clientIp: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What would become of it, and why. Nothing is counted, drawn for traffic, or remembered. */
export interface Explanation {
  readonly outcome: 'origin' | 'fixed_response' | 'error';
  readonly host: string;
  readonly clientIp: string;
  readonly place: Place;
  readonly loadBalancer: (Named & { readonly proxied: boolean }) | null;
  /** Of a host name that leads to a tunnel and is no load balancer's. */
  readonly publishedHostname: Named | null;
  readonly decision: DecisionReport | null;
  readonly affinity: string | null;
  /** In the order of the configuration. */
  readonly candidates: readonly PoolExplanation[];
  /** Takes what no candidate can. */
  readonly fallback: PoolExplanation | null;
  /** Where the request goes; of a policy that draws lots, one draw. */
  readonly chosen: ChosenOrigin | null;
  readonly fixedResponse: { readonly status: number; readonly location: string } | null;
  readonly error: { readonly status: number; readonly code: number; readonly text: string } | null;
}

export interface ChosenOrigin {
  /** Null for a published host name. */
  readonly pool: Named | null;
  readonly origin: { readonly name: string; readonly address: string; readonly port: number };
  readonly viaFallback: boolean;
  readonly pinned: boolean;
  readonly startsSession: boolean;
  readonly way: WayExplanation;
  /** The names of the faults on bytes that may strike the connections of the request: those of the client's, and of the origin's. */
  readonly faults: readonly string[];
}

/** How bytes to an origin leave at this moment. */
export interface WayExplanation {
  readonly kind: 'direct' | 'tunnel' | 'ingress' | 'none';
  readonly tunnel: Named | null;
  readonly route: { readonly id: string; readonly network: string } | null;
  /** Why there is no way; null when there is one. */
  readonly detail: string | null;
  /** Connectors of the tunnel that could not reach the origin of late: others are preferred for a while. */
  readonly avoided: readonly { readonly clientId: string; readonly reason: string }[];
}

export interface PoolExplanation {
  readonly id: string;
  /** Null: the load balancer names a pool that is not there. */
  readonly name: string | null;
  /** `available`, or why it gets no request. */
  readonly state: string;
  /** Part of such requests that it gets at this moment, 0 to 1. */
  readonly share: number;
  readonly origins: readonly OriginExplanation[];
}

export interface OriginExplanation {
  readonly name: string;
  readonly address: string;
  readonly eligible: boolean;
  /** Why it gets no new request; null when it may get one. */
  readonly reason: 'disabled' | 'weight_0' | 'unhealthy' | 'not_checked_yet' | 'left_out' | null;
  /** Null when nobody checks it. */
  readonly health: HealthState | null;
  /** Why it is unhealthy, in words: with the connectors that could not reach it, where there are any. Null otherwise. */
  readonly detail: string | null;
  readonly weight: number;
  /** Part of the pool's requests, 0 to 1. */
  readonly share: number;
}
