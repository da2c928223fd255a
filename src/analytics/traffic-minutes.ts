import { type Clock, createTurns, realTime } from '../net/clock.js';
import type { SeriesReport } from '../state/series-table.js';

/** Requests that were over in one minute, by the names of those who had a part in them. */
export interface MinuteCount {
  /** Unix milliseconds of its beginning. */
  readonly minute: number;
  /** A load balancer, or a published host name. */
  readonly host: string;
  /** Empty when none was chosen. */
  readonly pool: string;
  readonly origin: string;
  readonly count: number;
}

/** How much traffic there was when, made of what the data plane counts. */
export interface TrafficMinutes {
  /** Up to now; oldest minute first. Rejects when the data plane does not answer. */
  counts(): Promise<readonly MinuteCount[]>;
  /** Carries out a move of the clock: what was counted before belongs to the minute that it leaves. */
  moved<T>(move: () => Promise<T>): Promise<T>;
  /** What was counted until now is left out. */
  forget(): Promise<void>;
  stop(): void;
}

export const MINUTE_MS = 60_000;
const KEPT_MS = 24 * 60 * MINUTE_MS;
/** Of all minutes together; the oldest minutes go first. */
const MAX_COUNTS = 50_000;

/**
 * Looks at the data plane's counts of requests, which only grow, at the end of each minute, when somebody asks, and before a test moves the clock:
 * traffic pays nothing for it. Minutes are the clock's, and real time wakes it up: a year that passes at once has half a million of them.
 * `read`: series with the labels of `offramp_requests_total`.
 */
export function createTrafficMinutes(
  clock: Clock,
  read: () => Promise<SeriesReport>,
  { maxCounts = MAX_COUNTS, real = realTime as Clock } = {},
): TrafficMinutes {
  const minutes = new Map<number, readonly MinuteCount[]>();
  let seen: ReadonlyMap<string, Omit<MinuteCount, 'minute'>> = new Map();
  let minute = minuteOf(clock.now());
  const inTurn = createTurns();
  let cancel = () => {};

  /** What has come since the look before belongs to the minute in which that one was. */
  async function look(): Promise<void> {
    const now = totals(await read());
    const known = new Map((minutes.get(minute) ?? []).map((one) => [keyOf(one), one]));
    for (const [key, total] of now) {
      const before = seen.get(key)?.count ?? 0;
      // Less than before: the series was forgotten and has begun anew.
      const count = total.count - (total.count < before ? 0 : before);
      if (count > 0) known.set(key, { ...total, minute, count: count + (known.get(key)?.count ?? 0) });
    }
    if (known.size > 0) minutes.set(minute, [...known.values()]);
    seen = now;
    minute = minuteOf(clock.now());
    dropOldest();
  }

  function dropOldest(): void {
    let size = [...minutes.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [at, counts] of minutes) {
      if (size <= maxCounts && at > minute - KEPT_MS) break;
      minutes.delete(at);
      size -= counts.length;
    }
  }

  // A data plane that is too busy is asked again a minute later.
  const lookInTurn = () => inTurn(look).catch(() => {});

  function wait(): void {
    cancel = real.after(minuteOf(clock.now()) + MINUTE_MS - clock.now(), () => {
      wait();
      void lookInTurn();
    });
  }
  wait();

  return {
    async moved(move) {
      await lookInTurn();
      try {
        return await move();
      } finally {
        minute = minuteOf(clock.now());
        cancel();
        wait();
      }
    },
    counts: () => inTurn(look).then(() => [...minutes.values()].flat()),
    forget: () => inTurn(look).then(() => minutes.clear()),
    stop: () => cancel(),
  };
}

const minuteOf = (ms: number) => Math.floor(ms / MINUTE_MS) * MINUTE_MS;

const keyOf = ({ host, pool, origin }: Omit<MinuteCount, 'minute' | 'count'>) =>
  JSON.stringify([host, pool, origin]);

/** Whatever the status and the reason. */
function totals({ labels, labelsEach, values }: SeriesReport): Map<string, Omit<MinuteCount, 'minute'>> {
  const found = new Map<string, Omit<MinuteCount, 'minute'>>();
  for (let i = 0; i < values.length; i += 1) {
    const at = i * labelsEach;
    const [host, pool, origin] = labels.slice(at, at + 3) as [string, string, string];
    const key = keyOf({ host, pool, origin });
    found.set(key, { host, pool, origin, count: values[i]! + (found.get(key)?.count ?? 0) });
  }
  return found;
}
