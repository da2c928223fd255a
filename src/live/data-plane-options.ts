import type { Cidr } from '../net/cidr.js';
import type { LocatedNetwork } from '../net/locations.js';
import type { Place } from '../net/place.js';
import type { SnapshotDelta } from './snapshot.js';

/** What the data plane's thread is started with. */
export interface DataPlaneOptions {
  readonly edge: {
    readonly host: string;
    readonly port: number;
    readonly certificate: string;
    readonly key: string;
    /** See `EdgeOptions`. */
    readonly halfCloseIdleMs: number;
  };
  readonly http: { readonly host: string; readonly port: number };
  readonly https: { readonly host: string; readonly port: number };
  /** Of HTTPS traffic: files (PEM) to follow, or the CA (PEM) that signs certificates here. */
  readonly certificates:
    | { readonly certFile: string; readonly keyFile: string }
    | { readonly caCertificate: string; readonly caKey: string };
  readonly dns: {
    readonly host: string;
    readonly port: number;
    /** Of the zones: labels below each apex, or whole names. */
    readonly nameServers: readonly string[];
  };
  /** What DNS answers for proxied load balancers and name servers; empty for the addresses of their listeners. */
  readonly advertised: readonly string[];
  readonly tcp: { readonly host: string; readonly ports: readonly TcpPort[] };
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
  readonly place: Place;
  /** Where clients are, by their addresses. */
  readonly locations: readonly LocatedNetwork[];
  /** Lower case; null trusts no header to say where a request comes from. */
  readonly locationHeader: string | null;
  /** 32 secret bytes that stay the same while the data directory does: they make the cookies of sessions. */
  readonly sessionKey: Uint8Array;
  /** As the setting of a zone, for the cookies of sessions that go by it. */
  readonly alwaysUseHttps: boolean;
  readonly originTls: 'full' | 'strict';
  readonly logLevel: string;
  /** The configuration at the start: nothing listens before it is applied. */
  readonly configuration: SnapshotDelta;
}

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
