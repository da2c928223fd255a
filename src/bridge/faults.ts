import type { VerdictFailure } from '../state/health-board.js';

/** What every fault has, whatever it does. */
export interface NamedFault {
  /** No other fault has it. */
  readonly name: string;
  /** Those with smaller numbers were set before. */
  readonly number: number;
  /** It ends by itself after so long; null never. */
  readonly seconds: number | null;
}

/** Something that health checks are made to see, so that a failure can be tried out without one. */
export interface HealthFault extends NamedFault {
  readonly on: 'health';
  /** The region that sees it; null is every place. */
  readonly region: string | null;
  /** Id of the pool that it is seen in; null is every pool. */
  readonly pool: string | null;
  /** Canonical IP address, or a host name in lower case, of the origin. */
  readonly address: string;
  /** The origin looks down, and this is why; null leaves its results as they are. */
  readonly reason: VerdictFailure | null;
  /** Milliseconds on top of each round trip. */
  readonly latencyMs: number;
}

/** Whose bytes a fault is on. */
export type FaultTarget =
  /** Canonical IP address, or a host name in lower case; a null port is every port. */
  | { readonly kind: 'origin'; readonly address: string; readonly port: number | null }
  | { readonly kind: 'pool' | 'tunnel'; readonly id: string }
  /** Text of a CIDR. */
  | { readonly kind: 'client'; readonly network: string };

/** What becomes of a connection when so many bytes have passed in the direction of the fault. */
export interface FaultCut {
  /** `hold` keeps it and lets nothing more pass. */
  readonly how: 'close' | 'reset' | 'hold';
  /** 0 cuts when the first byte would pass; null, for `hold` alone, before the connection is made. */
  readonly afterBytes: number | null;
}

/** Something that happens to the bytes of traffic. Upstream is away from the client. */
export interface TrafficFault extends NamedFault {
  readonly on: 'traffic';
  readonly target: FaultTarget;
  readonly direction: 'upstream' | 'downstream' | 'both';
  /** Of the connections, 0 to 1. */
  readonly share: number;
  readonly latencyMs: number;
  /** The latency of each piece is up to so much more or less. */
  readonly jitterMs: number;
  readonly bytesPerSecond: number | null;
  readonly cut: FaultCut | null;
  /** The end of a direction is passed on so much later. */
  readonly slowCloseMs: number;
}

/** Those that the data plane keeps; what happens to the API is the control plane's business. */
export type DataPlaneFault = HealthFault | TrafficFault;

/** A fault that is set. */
export interface FaultReport<F extends NamedFault> {
  readonly fault: F;
  /** How often it has struck. */
  readonly hits: number;
  /** Unix milliseconds. */
  readonly expiresAt: number | null;
}

export const MAX_FAULTS = 1_000;
