import { once } from 'node:events';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Cidr } from '../net/addresses.js';
import type { ListenOn } from '../net/listening-sockets.js';
import type { LocatedNetwork, Place } from '../net/locations.js';
import type { StoredHealth } from '../state/health-board.js';
import type { SnapshotDelta } from '../state/snapshot.js';

/** What the data plane's thread opens first. */
export interface DataPlaneListen {
  readonly edge: ListenOn;
  readonly http: ListenOn;
  readonly https: ListenOn;
  readonly dns: ListenOn & { readonly fds: readonly number[] };
  readonly tcp: readonly (ListenOn & { readonly name: string })[];
}

/** What the data plane is started with, when its sockets are open. */
export interface DataPlaneOptions {
  readonly edge: {
    readonly certificate: string;
    readonly key: string;
    /** See `EdgeOptions`. */
    readonly halfCloseIdleMs: number;
  };
  /** Of HTTPS traffic: files (PEM) to follow, or the CA (PEM) that signs certificates here. */
  readonly certificates:
    | { readonly certFile: string; readonly keyFile: string }
    | { readonly caCertificate: string; readonly caKey: string };
  readonly dns: {
    /** Of the zones: labels below each apex, or whole names. */
    readonly nameServers: readonly string[];
  };
  /** What DNS answers for proxied load balancers and name servers; empty for the addresses of their listeners. */
  readonly advertised: readonly string[];
  /** In the order in which their sockets were opened. */
  readonly tcp: { readonly ports: readonly TcpPort[] };
  /** Where load balancers of accounts get addresses of their own; null gives them none. */
  readonly privateNetwork: { readonly network: Cidr; readonly port: number } | null;
  readonly proxyProtocol: {
    readonly http: ProxyProtocol;
    readonly https: ProxyProtocol;
    readonly tcp: ProxyProtocol;
  };
  /** Networks of proxies in front, which may send such a header, and whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly Cidr[];
  /** What load balancers in front ask for to see whether this one is there; null answers none of them. */
  readonly healthPath: string | null;
  readonly limits: {
    readonly clientConnections: number;
    readonly tcpConnections: number;
    readonly streams: number;
  };
  /** So long an origin that could not be reached is left out; null for never. */
  readonly passiveHealthMs: number | null;
  readonly place: Place;
  /** Makes its choices the same in each run; null: they are the system's. */
  readonly randomSeed: string | null;
  /** Where clients are, by their addresses. */
  readonly locations: readonly LocatedNetwork[];
  /** Lower case; null trusts no header to say where a request comes from. */
  readonly locationHeader: string | null;
  /** 32 secret bytes that stay the same while the data directory does: they make the cookies of sessions. */
  readonly sessionKey: Uint8Array;
  /** As the setting of a zone, for the cookies of sessions that go by it. */
  readonly alwaysUseHttps: boolean;
  readonly originTls: 'full' | 'strict';
  /** Whose addresses may be dialled without a virtual network although they are not globally routable. */
  readonly directNetworks: readonly Cidr[];
  readonly logLevel: string;
  /** Where each request is written down: a file (absolute), or standard output with null as its file; null nowhere. */
  readonly accessLog: { readonly file: string | null } | null;
  readonly tracing: TracingOptions | null;
  /** Those that were connected when the last process ended. */
  readonly awaitedTunnels: readonly string[];
  /** The last verdicts that were written down. */
  readonly storedHealth: readonly StoredHealth[];
  /** The configuration at the start: nothing listens before it is applied. */
  readonly configuration: SnapshotDelta;
}

/**
 * Milliseconds that a tunnel which was connected when the last process ended has to come back. Our connector tries again within half
 * a second of a goodbye. cloudflared takes up to 2 s for the one connection and then up to 20 s for all that it has lost.
 */
export const AWAIT_MS = 25_000;

/** A port whose connections go to one load balancer. */
export interface TcpPort {
  /** 0 = any free port. */
  readonly port: number;
  /** Host name of the load balancer, lower case. */
  readonly name: string;
  /** The PROXY header with which connections to origins begin; null sends none. */
  readonly sendProxy: 'v1' | 'v2' | null;
}

/** Whether connections begin with a PROXY header: never, perhaps, or always. */
export type ProxyProtocol = 'off' | 'accept' | 'require';

/** Where spans are sent, in OTLP over HTTP, and of which share of the requests that come with no trace. */
interface TracingOptions {
  readonly endpoint: string;
  readonly share: number;
}

/** The data plane's thread. Its sockets listen, and wait for the rest. */
export interface DataPlaneThread {
  readonly worker: Worker;
  /** Resolves when every socket listens; rejects when one cannot be had. */
  readonly opened: Promise<void>;
  /** Rejects when the thread ends, for whatever reason. */
  readonly ended: Promise<never>;
  terminate(): Promise<void>;
}

/**
 * Small, because what a request leaves behind dies with it, and because Node gives each read of a client a buffer outside of the heap: V8
 * counts these, and with a larger young generation it collected the whole heap for each 64 MiB of uploads before it would have come to them.
 * A third of it is what one collection copies at most while requests wait.
 */
const YOUNG_GENERATION_MB = 3;

/**
 * Of what a request leaves behind next to nothing lives on: to wake other threads for its collection, which then wait for a core, costs
 * more than it saves (a sixth of the user time of a small request).
 */
const COLLECT_ALONE = '--no-parallel-scavenge';

/** `script` opens the sockets first, says so with its first message, and then waits for what the data plane starts with. */
export function spawnDataPlane(script: URL, listen: DataPlaneListen): DataPlaneThread {
  v8.setFlagsFromString(COLLECT_ALONE);
  const worker = new Worker(script, {
    workerData: listen,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const ended = new Promise<never>((_resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the data plane ended with code ${code}`)));
  });
  const opened = Promise.race([once(worker, 'message'), ended]).then(() => undefined);
  for (const promise of [ended, opened]) promise.catch(() => {});
  return {
    worker,
    opened,
    ended,
    async terminate() {
      await worker.terminate();
    },
  };
}
