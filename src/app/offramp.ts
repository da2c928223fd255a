// Types alone, which import nothing: the package's declarations are made of such files.

/** A running Offramp. */
export interface Offramp {
  readonly apiUrl: string;
  /** The first account and its first zone, whose name is `domain`. */
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
  /** File with the token that was made for the API; null when one was given, or none is needed. */
  readonly apiTokenFile: string | null;
  /** `host:port` for tunnel connectors. */
  readonly edge: string;
  /** File with the CA that connectors trust. */
  readonly edgeCa: string;
  /** `host:port` where the API is served as api.cloudflare.com; null without `--stand-in`. */
  readonly standIn: string | null;
  /** `host:port` for HTTP traffic. */
  readonly http: string;
  /** `host:port` for HTTPS traffic: HTTP/1.1 and HTTP/2. */
  readonly https: string;
  /** `host:port` for questions of DNS, over UDP and TCP. */
  readonly dns: string;
  /** `host:port` for TCP connections, by the host name of their load balancer. */
  readonly tcp: Readonly<Record<string, string>>;
  /** As `POST /_offramp/reset`, whatever it keeps: who has started it may do that, as all below. */
  reset(options?: { readonly to?: 'empty' | 'seed' }): Promise<void>;
  /** Makes what a seed has, all of it or nothing: YAML or JSON, or such an object. Answers identifiers by member and name. See docs/seeds.md. */
  seed(seed: string | object): Promise<readonly object[]>;
  /** Everything that is stored, secrets of tunnels included, as `GET /_offramp/snapshot`. */
  snapshot(): Promise<object>;
  /** Puts a snapshot in the place of what is stored; connectors of its tunnels stay connected. */
  restore(snapshot: object): Promise<void>;
  readonly faults: OfframpFaults;
  /**
   * The last requests that came in for traffic, newest first, and when none fits those that miss the fewest filters. `filter` has the parameters of
   * `/_offramp/requests`: `{ host: 'app.example.com', status: 503 }`.
   */
  requests(filter?: Readonly<Record<string, string | number | undefined>>): Promise<OfframpRequests>;
  readonly clock: OfframpClock;
  /** `host:port` of --metrics-port; null without one. */
  readonly metrics: string | null;
  /** Goes on in a new file where that of the access log was moved. */
  reopenLogs(): void;
  /** Stops accepting, lets what is under way end, closes everything. */
  close(): Promise<void>;
}

export interface OfframpRequests {
  readonly count: number;
  readonly requests: readonly object[];
  readonly nearest: readonly object[];
}

/** As `/_offramp/faults`, with its names and values: docs/faults.md. */
export interface OfframpFaults {
  list(): Promise<readonly object[]>;
  /** In the place of all. */
  replace(faults: readonly object[]): Promise<void>;
  /** Answers it with its name. */
  add(fault: object): Promise<object>;
  remove(name: string): Promise<void>;
  clear(): Promise<void>;
}

/** As `POST /_offramp/clock`: each resolves when what has become due is done. Real time is another one. */
export interface OfframpClock {
  now(): Date;
  /** It stands still, at `at` when that is given. */
  stop(at?: Date): Promise<void>;
  /** Jumps: what is due by then is done once. */
  set(to: Date): Promise<void>;
  /** Lets time pass: what is due is done at its moments, in order. */
  advance(ms: number): Promise<void>;
  /** It goes on from where it stands. */
  start(): Promise<void>;
  /** Back to real time. */
  reset(): Promise<void>;
}
