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
