/** The verdicts of the health checks, as steering reads them. Lives in the data plane; the prober writes it. */

export type HealthState = 'unknown' | 'healthy' | 'unhealthy';

/** The vocabulary of the API's `failure_reason`; `No failures` is what a healthy origin shows. */
export type FailureReason =
  | 'No failures'
  | 'TCP connection failed'
  | 'TCP Timeout'
  | 'HTTP timeout occurred'
  | 'Response code mismatch error'
  | 'Response body mismatch error'
  | 'TLS untrusted certificate error'
  | 'TLS name mismatch error'
  | 'TLS protocol error'
  | 'TLS unrecognized name error'
  | 'TLS Handshake Failure'
  | 'No route to host error'
  | 'Network Unreachable'
  | 'HTTP Invalid Response'
  | 'DNS Unknown Host'
  | 'DNS Internal'
  | 'Connection Reset by Peer'
  | 'Monitor Config Error'
  | 'Other Failure';

export interface OriginHealth {
  readonly state: HealthState;
  readonly failureReason: FailureReason;
  /** 0 when the last probe had no HTTP answer. */
  readonly responseCode: number;
  /** Milliseconds of the last probe that got an answer; null before the first. */
  readonly rttMs: number | null;
  /** Unix milliseconds of the last probe; null before the first. */
  readonly checkedAt: number | null;
}

export interface HealthTransition {
  readonly poolId: string;
  readonly poolName: string;
  readonly originKey: string;
  readonly originName: string;
  readonly address: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly failureReason: FailureReason;
  /** Unix milliseconds. */
  readonly at: number;
}

/** The reading side: all that steering, the proxy and the API get. */
export interface HealthView {
  /** Undefined when nobody probes this origin (no monitor, disabled, or unknown to the prober). */
  origin(poolId: string, originKey: string): OriginHealth | undefined;
  /** Grows with every transition: a cheap test of "may a cached choice still be used?". */
  readonly version: number;
}

export interface HealthBoard extends HealthView {
  set(poolId: string, originKey: string, health: OriginHealth): void;
  remove(poolId: string, originKey: string): void;
}

export const UNKNOWN_HEALTH: OriginHealth = {
  state: 'unknown',
  failureReason: 'No failures',
  responseCode: 0,
  rttMs: null,
  checkedAt: null,
};

export function createHealthBoard(): HealthBoard {
  const pools = new Map<string, Map<string, OriginHealth>>();
  let version = 0;
  return {
    get version() {
      return version;
    },
    origin: (poolId, originKey) => pools.get(poolId)?.get(originKey),
    set(poolId, originKey, health) {
      const origins = pools.get(poolId) ?? new Map<string, OriginHealth>();
      pools.set(poolId, origins);
      if (origins.get(originKey)?.state !== health.state) version += 1;
      origins.set(originKey, health);
    },
    remove(poolId, originKey) {
      const origins = pools.get(poolId);
      if (!origins?.delete(originKey)) return;
      version += 1;
      if (origins.size === 0) pools.delete(poolId);
    },
  };
}
