/**
 * What the conditions of rules can ask of one request: of HTTP or of DNS, never both. What clients send is as the wire has it,
 * one character for each byte; only the load balancer's name is text.
 */
export interface Facts {
  /** `cf.load_balancer.name`. */
  readonly loadBalancer: string;
  /** `cf.load_balancer.region`; '' when it is not known. */
  readonly region: string;
  /** `ip.src`, canonical. For DNS the client subnet's address where the query has one, otherwise the resolver's. */
  readonly clientIp: string;
  readonly http: HttpFacts | null;
  readonly dns: DnsFacts | null;
}

export interface HttpFacts {
  readonly method: string;
  /** Lower case, without port. */
  readonly host: string;
  /** As it was sent: a path with an optional query. */
  readonly uri: string;
  /** `HTTP/1.1` and the like. */
  readonly version: string;
  /** Unix seconds. */
  readonly timestamp: number;
  /** By lower-case name, each with its values in order. Read on the first use. */
  headers(): ReadonlyMap<string, readonly string[]>;
}

export interface DnsFacts {
  /** With the dot at its end. */
  readonly name: string;
  /** 1 is A, 28 is AAAA. */
  readonly type: number;
  /** Multicast DNS's wish for a unicast answer. */
  readonly unicast: boolean;
  /** Address of the client subnet option; null without one. */
  readonly clientSubnet: string | null;
}
