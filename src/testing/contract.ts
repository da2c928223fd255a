// Types alone, which import no package: the declarations of the test kit are made of such files.
import type { WireExplanation } from '../cli/explanation-text.js';
import type { OfframpOptions } from '../config/options.js';

/** `beforeAll` and `afterAll` of Vitest and of Jest, as far as they are used. */
export type Hook = (task: () => Promise<void>, timeoutMs: number) => unknown;

export interface UseOptions {
  /** The hooks of the runner, where it does not give them to every file by itself (Vitest without `globals`). */
  readonly beforeAll?: Hook;
  readonly afterAll?: Hook;
  /** The zone of this file; a name that no other file has unless told. */
  readonly domain?: string;
  /** Flags of `offramp start` in camelCase. With them the file has a server of its own, whoever else shares one. */
  readonly start?: OfframpOptions;
}

/** What a file of tests has while its tests run. */
export interface TestOfframp {
  /** `http://127.0.0.1:7840/client/v4`: the base URL of SDKs. */
  readonly apiUrl: string;
  readonly token: string;
  /** For the official SDK: `new Cloudflare(offramp.sdk)`. */
  readonly sdk: { readonly baseURL: string; readonly apiToken: string };
  /** The account and the zone of this file, which no other file has. */
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
  /** `host:port` of traffic, of DNS, and for tunnel connectors, with the file of the CA that these trust. */
  readonly http: string;
  readonly https: string;
  readonly dns: string;
  readonly edge: string;
  readonly edgeCa: string;
  /** What Terraform, the SDKs and cloudflared read, as `offramp env` prints it: for programs that a test starts. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * A call of the API, `/accounts/…`, or of Offramp itself, `/_offramp/…`. Answers `result`, or everything where there is none; throws what was
   * refused and why.
   */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  api(method: string, path: string, body?: unknown): Promise<any>;
  /** A request of a visitor: goes to `http` or `https`, whatever the URL's host and port. */
  visit(url: string, options?: VisitOptions): Promise<Visited>;
  /** Requests of visitors that have ended, newest first: those for `domain` and names below it unless the filter names a host. */
  requests(filter?: RequestFilters): Promise<readonly LoggedRequest[]>;
  /** The same when there are so many. Throws what was nearest when there are not within `timeoutMs`, 5,000 unless told. */
  waitForRequests(
    count: number,
    filter?: RequestFilters & { readonly timeoutMs?: number },
  ): Promise<readonly LoggedRequest[]>;
  /** Where a request would go at this moment, and why. It is not sent. */
  explain(url: string, options?: ExplainOptions): Promise<WireExplanation>;
  /** Of the whole server: for a file that has one of its own (`start`), or when files run one after the other. */
  readonly clock: TestClock;
  /** Removes everything of everybody, and makes an account and a zone anew. Of the whole server, as the clock. */
  reset(): Promise<void>;
}

export interface VisitOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Visited {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface ExplainOptions {
  readonly ip?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Filters of `/_offramp/requests`. */
export interface RequestFilters {
  readonly loadBalancer?: string;
  readonly pool?: string;
  readonly origin?: string;
  readonly host?: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly ray?: string;
  readonly clientIp?: string;
  readonly since?: string;
  readonly limit?: number;
}

/** As `/_offramp/requests` shows it. */
export interface LoggedRequest {
  readonly at: string;
  readonly ray: string;
  readonly client_ip: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly detail: string | null;
  readonly load_balancer: { readonly id: string; readonly name: string } | null;
  readonly pool: { readonly id: string; readonly name: string } | null;
  readonly origin: { readonly name: string; readonly address: string } | null;
  readonly off_ramp: { readonly kind: string; readonly tunnel_id: string | null } | null;
  readonly failed_attempts: readonly {
    readonly pool: string;
    readonly origin: string;
    readonly failure: string;
    readonly detail: string;
  }[];
  readonly faults: readonly string[];
}

/** As `/_offramp/clock`: each resolves when what has become due is done. */
export interface TestClock {
  now(): Promise<Date>;
  stop(at?: Date): Promise<void>;
  set(to: Date): Promise<void>;
  advance(ms: number): Promise<void>;
  start(): Promise<void>;
  /** Back to real time. */
  reset(): Promise<void>;
}

export type { OfframpOptions, WireExplanation };
