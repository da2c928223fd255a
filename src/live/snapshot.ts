/**
 * What the data plane may see of the configuration: plain, structured-clone-able objects, one per resource, with every
 * default filled in. The control plane builds them (`resources/*`), the publisher sends them, the worker only reads.
 */

export type MonitorType = 'http' | 'https' | 'tcp' | 'udp_icmp' | 'icmp_ping' | 'smtp';
export type SteeringPolicy = 'off' | 'random';
export type OriginSteeringPolicy = 'random' | 'hash';

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
  readonly name: string;
  /** As submitted: the key under which the pool's health shows it. */
  readonly address: string;
  /** Canonical IP address, or null when `address` is a host name. */
  readonly ip: string | null;
  readonly enabled: boolean;
  /** 0..1. */
  readonly weight: number;
  /** 0 = the default port of the protocol. */
  readonly port: number;
  /** `header.Host[0]`. */
  readonly host: string | null;
  readonly virtualNetworkId: string | null;
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
  readonly checkRegions: readonly string[] | null;
  readonly origins: readonly LiveOrigin[];
}

export interface LiveLoadBalancer {
  readonly id: string;
  readonly accountId: string;
  readonly zoneId: string;
  /** Lower-case host name; may start with `*.`. */
  readonly name: string;
  readonly enabled: boolean;
  readonly defaultPools: readonly string[];
  readonly fallbackPool: string;
  readonly steeringPolicy: SteeringPolicy;
  readonly randomSteering: {
    readonly defaultWeight: number;
    readonly poolWeights: Readonly<Record<string, number>>;
  };
}

export interface LiveRoute {
  readonly id: string;
  readonly virtualNetworkId: string;
  /** Canonical CIDR. */
  readonly network: string;
  readonly tunnelId: string;
}

export interface LiveTunnel {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  /** SHA-256 of the secret's bytes, hex: the data plane can check a secret and never has one. */
  readonly secretSha256: string;
  readonly remotelyManaged: boolean;
}

export interface LiveObjects {
  readonly monitor: LiveMonitor;
  readonly monitor_group: LiveMonitorGroup;
  readonly pool: LivePool;
  readonly load_balancer: LiveLoadBalancer;
  readonly route: LiveRoute;
  readonly tunnel: LiveTunnel;
}

export type LiveNoun = keyof LiveObjects;

export const LIVE_NOUNS = [
  'monitor',
  'monitor_group',
  'tunnel',
  'route',
  'pool',
  'load_balancer',
] as const satisfies readonly LiveNoun[];

/** One step from an older revision to `revision`. With `complete`, everything that is not named is gone. */
export interface SnapshotDelta {
  readonly revision: number;
  readonly complete: boolean;
  readonly upsert: { readonly [N in LiveNoun]?: readonly LiveObjects[N][] };
  readonly remove: { readonly [N in LiveNoun]?: readonly string[] };
}

/** The data plane's copy of the configuration. Read-only for everybody but `applyDelta`. */
export interface Snapshot {
  readonly revision: number;
  readonly monitors: ReadonlyMap<string, LiveMonitor>;
  readonly monitorGroups: ReadonlyMap<string, LiveMonitorGroup>;
  readonly pools: ReadonlyMap<string, LivePool>;
  readonly loadBalancers: ReadonlyMap<string, LiveLoadBalancer>;
  readonly routes: ReadonlyMap<string, LiveRoute>;
  readonly tunnels: ReadonlyMap<string, LiveTunnel>;
}
