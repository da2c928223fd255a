import type { Affinity, MonitorType, OriginSteeringPolicy, SteeringPolicy } from '../domain/policies.js';

/**
 * What the data plane may see of the configuration: plain, structured-clone-able objects, one per resource, with every
 * default filled in. The control plane builds them (`resources/*`), the publisher sends them, the worker only reads.
 */

export interface LiveMonitor {
  readonly id: string;
  readonly type: MonitorType;
  readonly method: string;
  readonly path: string;
  readonly header: Readonly<Record<string, readonly string[]>>;
  /** 0 = the default port of http and https (80, 443). Never 0 for `tcp`, `udp_icmp` and `smtp`; unused by `icmp_ping`. */
  readonly port: number;
  /** Seconds. */
  readonly timeout: number;
  readonly retries: number;
  /** Seconds. */
  readonly interval: number;
  /** 0 behaves as 1. */
  readonly consecutiveUp: number;
  readonly consecutiveDown: number;
  readonly expectedBody: string;
  readonly expectedCodes: string;
  readonly followRedirects: boolean;
  readonly allowInsecure: boolean;
}

/** Several monitors with one verdict on each origin. */
export interface LiveMonitorGroup {
  readonly id: string;
  /** The enabled ones, in their order. */
  readonly members: readonly LiveGroupMember[];
}

export interface LiveGroupMember {
  readonly monitorId: string;
  /** Probes and has no say. */
  readonly monitoringOnly: boolean;
  /** While it finds an origin unhealthy, the origin is unhealthy. */
  readonly mustBeHealthy: boolean;
}

export interface LiveOrigin {
  /** Identity inside the pool for health: changes exactly when the address, port, network or Host header changes. */
  readonly key: string;
  readonly accountId: string;
  readonly name: string;
  /** As submitted: the key under which the pool's health shows it. */
  readonly address: string;
  /** Canonical IP address, or null when `address` is a host name. */
  readonly ip: string | null;
  readonly enabled: boolean;
  /** Unix milliseconds since when it has been disabled; null while enabled. Sessions may be drained for a while. */
  readonly disabledAt: number | null;
  /** 0..1. */
  readonly weight: number;
  /** 0 = the default port of the protocol. */
  readonly port: number;
  /** `header.Host[0]`. */
  readonly host: string | null;
  readonly virtualNetworkId: string | null;
  /** Answers of DNS name the addresses of a host name, not the host name. */
  readonly flattenCname: boolean;
}

/** Percent of the traffic that a pool turns away while it could take it, 0..100. */
export interface LiveLoadShedding {
  /** Of requests without a session; by chance, or by the client's address. */
  readonly defaultPercent: number;
  readonly defaultPolicy: 'random' | 'hash';
  /** Of requests with one, by the client's address. */
  readonly sessionPercent: number;
}

/** Which changes of health are notified; null healthy: both ways, true: recoveries alone, false: failures alone. */
export interface LiveNotificationFilter {
  readonly disable: boolean;
  readonly healthy: boolean | null;
}

export interface LivePool {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly minimumOrigins: number;
  /** At most one of these two is set. */
  readonly monitorId: string | null;
  readonly monitorGroupId: string | null;
  readonly originSteering: OriginSteeringPolicy;
  /** The regions that check it, each once; null is this place alone. */
  readonly checkRegions: readonly string[] | null;
  /** `regional`: the verdict of the region that serves a request counts, where that region checks the pool. */
  readonly healthSources: 'local' | 'regional';
  /** Both or none. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly loadShedding: LiveLoadShedding;
  readonly notifications: { readonly pool: LiveNotificationFilter; readonly origin: LiveNotificationFilter };
  readonly origins: readonly LiveOrigin[];
}

/** Pool ids by the code of a region, country or data centre. */
export type LivePoolMap = Readonly<Record<string, readonly string[]>>;

/** What steers a request once pool sets and rules have had their say. */
export interface LiveSettings {
  readonly defaultPools: readonly string[];
  readonly regionPools: LivePoolMap;
  readonly countryPools: LivePoolMap;
  readonly popPools: LivePoolMap;
  /** A flat list in place of all of these, which only a pool set or a rule gives; null otherwise. */
  readonly pools: readonly string[] | null;
  readonly fallbackPool: string;
  /** '' is `geo` when one of the maps has an entry, otherwise `off`. */
  readonly steeringPolicy: SteeringPolicy | '';
  readonly randomSteering: LiveRandomSteering;
  readonly affinity: Affinity;
  /** Seconds; null is the default of the kind of affinity. */
  readonly affinityTtl: number | null;
  readonly affinityAttributes: LiveAffinityAttributes;
  readonly failoverAcrossPools: boolean;
  readonly locationStrategy: LiveLocationStrategy;
  /** Seconds that an answer of DNS is good for. */
  readonly ttl: number;
}

export interface LiveRandomSteering {
  readonly defaultWeight: number;
  readonly poolWeights: Readonly<Record<string, number>>;
}

export interface LiveAffinityAttributes {
  readonly samesite: 'Auto' | 'Lax' | 'None' | 'Strict';
  readonly secure: 'Auto' | 'Always' | 'Never';
  /** Seconds that the sessions of a disabled origin go on; a rule does not change it. */
  readonly drainDuration: number;
  readonly zeroDowntimeFailover: 'none' | 'temporary' | 'sticky';
  /** Names of headers, `cookie`, or `cookie:<name>,<name>`. */
  readonly headers: readonly string[];
  readonly requireAllHeaders: boolean;
}

export interface LiveLocationStrategy {
  readonly mode: 'pop' | 'resolver_ip';
  readonly preferEcs: 'always' | 'never' | 'proximity' | 'geo';
}

export interface LiveFixedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** For the Location header; '' for none. */
  readonly location: string;
}

export interface LiveRule {
  /** Its name, else its place in the list: how explanations call it. */
  readonly name: string;
  /** An expression that has been checked; '' always holds. */
  readonly condition: string;
  readonly terminates: boolean;
  readonly fixedResponse: LiveFixedResponse | null;
  /** What it sets, each field in place of the one before it. */
  readonly overrides: Partial<LiveSettings>;
}

export interface LivePoolSet {
  readonly name: string;
  /** Null takes every request. The lists that are there must all hold, each by one of its members. */
  readonly topology: {
    readonly pops?: readonly string[];
    readonly countries?: readonly string[];
    readonly regions?: readonly string[];
  } | null;
  readonly fixedResponse: LiveFixedResponse | null;
  readonly overrides: Partial<LiveSettings>;
}

export interface LiveLoadBalancer {
  readonly id: string;
  readonly accountId: string;
  /** Null: it belongs to the account itself and is reached at a private address of its own. */
  readonly zoneId: string | null;
  /** The apex that its name stands below; '' without a zone. */
  readonly zoneName: string;
  /** Of a zone: a lower-case host name, which may start with `*.`. Of an account: any text. */
  readonly name: string;
  readonly enabled: boolean;
  /** Otherwise DNS answers with the addresses of origins. */
  readonly proxied: boolean;
  readonly settings: LiveSettings;
  /** The enabled ones, in the order in which requests meet them. */
  readonly poolSets: readonly LivePoolSet[];
  readonly rules: readonly LiveRule[];
}

export interface LiveRoute {
  readonly id: string;
  readonly virtualNetworkId: string;
  /** Canonical CIDR. */
  readonly network: string;
  readonly tunnelId: string;
}

/** What the connectors of a tunnel shall do with requests, as they are told it. */
export interface LiveConfiguration {
  /** A connector takes over no version below the one that it has. */
  readonly version: number;
  /** JSON text of an object: nobody on the way to the connector reads it. */
  readonly config: string;
}

export interface LiveTunnel {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  /** SHA-256 of the secret's bytes, hex: the data plane can check a secret and never has one. */
  readonly secretSha256: string;
  /** Null for a locally managed tunnel: its connectors have their own. */
  readonly configuration: LiveConfiguration | null;
}

/** A host name whose requests go to the ingress rules of a tunnel. */
export interface LivePublishedHostname {
  readonly id: string;
  readonly accountId: string;
  /** The apex that it stands below, or is. */
  readonly zoneName: string;
  /** Lower case; may start with `*.`. */
  readonly hostname: string;
  /** There may be no such tunnel any more. */
  readonly tunnelId: string;
}

/** What DNS says under one name. */
export interface LiveDnsRecord {
  readonly id: string;
  readonly zoneName: string;
  /** Lower case; may start with `*.`. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'TXT';
  /** Seconds. */
  readonly ttl: number;
  /** An address or a host name; the strings of a TXT record, with a character for each byte. */
  readonly data: readonly string[];
  /** A CNAME record of which DNS tells the addresses of its target. */
  readonly flattened: boolean;
}

/** A zone that DNS speaks for, be there anything in it or not. */
export interface LiveZone {
  readonly id: string;
  readonly name: string;
}

export interface LiveObjects {
  readonly zone: LiveZone;
  readonly monitor: LiveMonitor;
  readonly monitor_group: LiveMonitorGroup;
  readonly pool: LivePool;
  readonly load_balancer: LiveLoadBalancer;
  readonly route: LiveRoute;
  readonly tunnel: LiveTunnel;
  readonly published_hostname: LivePublishedHostname;
  readonly dns_record: LiveDnsRecord;
}

export type LiveNoun = keyof LiveObjects;

export const LIVE_NOUNS = [
  'zone',
  'monitor',
  'monitor_group',
  'tunnel',
  'route',
  'pool',
  'load_balancer',
  'published_hostname',
  'dns_record',
] as const satisfies readonly LiveNoun[];

/** One step from an older revision to `revision`. With `complete`, everything that is not named is gone. */
export interface SnapshotDelta {
  readonly revision: number;
  readonly complete: boolean;
  readonly upsert: { readonly [N in LiveNoun]?: readonly LiveObjects[N][] };
  readonly remove: { readonly [N in LiveNoun]?: readonly string[] };
}

export interface LivePools extends ReadonlyMap<string, LivePool> {
  /** Grows whenever a pool is put in, replaced or removed: "may what was derived from several of them still be used?". */
  readonly version: number;
}

/** The data plane's copy of the configuration. Read-only for everybody but `applyDelta`. */
export interface Snapshot {
  readonly revision: number;
  readonly monitors: ReadonlyMap<string, LiveMonitor>;
  readonly monitorGroups: ReadonlyMap<string, LiveMonitorGroup>;
  readonly pools: LivePools;
  readonly loadBalancers: ReadonlyMap<string, LiveLoadBalancer>;
  readonly routes: ReadonlyMap<string, LiveRoute>;
  readonly tunnels: ReadonlyMap<string, LiveTunnel>;
  readonly publishedHostnames: ReadonlyMap<string, LivePublishedHostname>;
  readonly zones: ReadonlyMap<string, LiveZone>;
  readonly dnsRecords: ReadonlyMap<string, LiveDnsRecord>;
}
