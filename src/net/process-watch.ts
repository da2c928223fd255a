import fs from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Logger } from 'pino';
import { realTime } from './clock.js';

/** Files and sockets that this process may have open at once; null where the system does not tell (other than Linux), or sets no limit. */
export function descriptorLimit(): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'));
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}

/** How many of them are open; null where the system does not tell. */
export function openDescriptors(): number | null {
  try {
    // One of them is for this look.
    return fs.readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}

const LOOK_EVERY_MS = 1_000;
const TELL_EVERY_MS = 60_000;
/** The part of the limit beyond which it is told that the rest is nearly used up. */
const SCARCE = 0.9;
const ADVICE = 'raise it with "ulimit -n", or LimitNOFILE= of a systemd service';

/**
 * Looks each second whether descriptors run out, and says so once a minute at most, of each level. Nothing else would: without a descriptor libuv accepts
 * connections of every listener only to close them, and tells neither an error nor a drop. What runs out and is there again between two
 * looks is not noticed. Returns the stop.
 */
export function watchDescriptors(log: Pick<Logger, 'warn' | 'error'>): () => void {
  const limit = descriptorLimit();
  const toldAt = { warn: Number.NEGATIVE_INFINITY, error: Number.NEGATIVE_INFINITY };

  function tell(level: 'warn' | 'error', text: string): void {
    if (performance.now() - toldAt[level] < TELL_EVERY_MS) return;
    toldAt[level] = performance.now();
    log[level]({ limit }, `${text}; ${ADVICE}`);
  }

  function look(): void {
    fs.open('/dev/null', (error, fd) => {
      if (error?.code === 'EMFILE' || error?.code === 'ENFILE')
        return tell(
          'error',
          `no file descriptor is left (${error.code}): new connections are closed at once`,
        );
      if (error) return;
      fs.close(fd, () => {});
      // Descriptors are numbered from the lowest that is free: at least so many are in use.
      if (limit !== null && fd >= limit * SCARCE) tell('warn', 'file descriptors are nearly used up');
    });
  }

  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** How late the event loop of the thread that made it is, how busy, and how much memory it has. */
interface LoopWatch {
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
