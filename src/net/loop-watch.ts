import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { realTime } from './real-time.js';

/** How late the event loop of the thread that made it is, how busy, and how much memory it has. */
export interface LoopWatch {
  read(): {
    readonly delay: readonly { readonly quantile: number; readonly seconds: number }[];
    readonly busySeconds: number;
    readonly heapUsedBytes: number;
  };
  stop(): void;
}

/** Between two looks at whether the loop is late: what is shorter is seen in part. */
const RESOLUTION_MS = 20;
/**
 * Numbers are of this window and the one before it. A window of its own for each reader would have two readers take each other's numbers away.
 */
const WINDOW_MS = 30_000;
const QUANTILES = [0.5, 0.9, 0.99, 1] as const;

export function watchLoop(): LoopWatch {
  const begin = (): IntervalHistogram => {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    return histogram;
  };
  let current = begin();
  let before: IntervalHistogram | null = null;
  const stopTurns = realTime.every(WINDOW_MS, () => {
    current.disable();
    before = current;
    current = begin();
  });

  /** The time between two looks is measured, of which the resolution is no delay. */
  function delayOf(histogram: IntervalHistogram | null, quantile: number): number {
    if (histogram === null || histogram.count === 0) return 0;
    const nanoseconds = quantile === 1 ? histogram.max : histogram.percentile(quantile * 100);
    return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
  }

  return {
    read: () => ({
      delay: QUANTILES.map((quantile) => ({
        quantile,
        seconds: Math.max(delayOf(current, quantile), delayOf(before, quantile)),
      })),
      busySeconds: performance.eventLoopUtilization().active / 1e3,
      heapUsedBytes: getHeapStatistics().used_heap_size,
    }),
    stop() {
      stopTurns();
      current.disable();
    },
  };
}

/** Unix milliseconds. */
export const startedAt = (): number => performance.timeOrigin;
