import type { Http2Session } from 'node:http2';
import type { Clock } from '../net/clock.js';

export interface WatchdogOptions {
  readonly session: Http2Session;
  readonly clock: Clock;
  /** Milliseconds between two pings. */
  readonly intervalMs: number;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  /** Called once, when a ping stays unanswered or cannot be sent. */
  readonly onDead: (reason: string) => void;
}

export interface Watchdog {
  /** For when there is a reason to doubt the session: a response did not come. */
  pingNow(): void;
  stop(): void;
}

/**
 * Pings the other end for as long as the session lives. A dead peer is only one reason: when a peer sends a header of
 * more than 64 KiB, nghttp2 gives the session up without any event, and an unanswered ping is the only sign of it.
 */
export function createWatchdog({ session, clock, intervalMs, timeoutMs, onDead }: WatchdogOptions): Watchdog {
  let stopped = false;
  let waiting = false;
  let cancelNext = clock.after(intervalMs, ping);
  let cancelTimeout = () => {};

  function stop(): void {
    stopped = true;
    cancelNext();
    cancelTimeout();
  }

  function dead(reason: string): void {
    if (stopped) return;
    stop();
    onDead(reason);
  }

  function answered(error: Error | null): void {
    if (error) dead(`ping failed: ${error.message}`);
    if (stopped) return;
    cancelTimeout();
    waiting = false;
    cancelNext = clock.after(intervalMs, ping);
  }

  function ping(): void {
    if (stopped || waiting) return;
    waiting = true;
    cancelNext();
    cancelTimeout = clock.after(timeoutMs, () => dead(`ping not answered within ${timeoutMs} ms`));
    try {
      if (!session.ping(answered)) dead('ping could not be sent');
    } catch (error) {
      dead(`ping could not be sent: ${(error as Error).message}`);
    }
  }

  return { pingNow: ping, stop };
}
