import type { SeriesReport } from './series-table.js';

/** What the data plane has counted since it began, and how it is at the moment. */
export interface MetricsReport {
  /** The revision that traffic follows. */
  readonly revision: number;
  /** By load balancer, pool, origin, status, reason. */
  readonly requests: SeriesReport;
  /** By load balancer; see `LATENCY_VALUES`. */
  readonly latency: SeriesReport;
  /** By pool, origin, reason. */
  readonly failedAttempts: SeriesReport;
  /** By load balancer, pool, origin, reason. */
  readonly tcpConnections: SeriesReport;
  /** By type, code. */
  readonly dnsQuestions: SeriesReport;
  /** By result. */
  readonly healthChecks: SeriesReport;
  /** By pool, origin, state. */
  readonly healthChanges: SeriesReport;
  /** By pool: requests under way, open connections. */
  readonly underWay: SeriesReport;
  /** By tunnel: streams that are open. */
  readonly tunnelStreams: SeriesReport;
  readonly clientConnections: number;
  /** Null without one. */
  readonly accessLog: { readonly written: number; readonly dropped: number } | null;
  readonly spans: { readonly sent: number; readonly dropped: number } | null;
  readonly loop: LoopReport;
}

/** How an event loop keeps up. */
export interface LoopReport {
  /** Seconds that it was late, over the last half a minute to minute, by quantile. */
  readonly delay: readonly { readonly quantile: number; readonly seconds: number }[];
  /** Seconds in which it had work, ever. */
  readonly busySeconds: number;
  /** Of its thread. */
  readonly heapUsedBytes: number;
}

/** Upper bounds in seconds of the buckets of requests' durations. */
export const LATENCY_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** One histogram: how many fell into each bucket alone, behind them those above all, and the sum in seconds. */
const HISTOGRAM = LATENCY_BUCKETS.length + 2;

/** The numbers of a load balancer: a histogram of durations, one of the times to the head of the response, and bytes of responses. */
export const LATENCY_VALUES = {
  duration: 0,
  firstByte: HISTOGRAM,
  responseBytes: 2 * HISTOGRAM,
  size: 2 * HISTOGRAM + 1,
  /** Of each histogram behind its first number. */
  sum: HISTOGRAM - 1,
} as const;

/** Adds one observation to the histogram that begins at `first`. */
export function observe(values: Float64Array, first: number, seconds: number): void {
  let bucket = 0;
  while (bucket < LATENCY_BUCKETS.length && seconds > LATENCY_BUCKETS[bucket]!) bucket += 1;
  values[first + bucket]! += 1;
  values[first + LATENCY_VALUES.sum]! += seconds;
}
