import type { Place } from '../net/place.js';
import type { HealthState } from './health-board.js';
import type { DecisionReport, Named } from './request-report.js';

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
  readonly reason: 'disabled' | 'weight_0' | 'unhealthy' | 'not_checked_yet' | null;
  /** Null when nobody checks it. */
  readonly health: HealthState | null;
  /** Why it is unhealthy, in words: with the connectors that could not reach it, where there are any. Null otherwise. */
  readonly detail: string | null;
  readonly weight: number;
  /** Part of the pool's requests, 0 to 1. */
  readonly share: number;
}
