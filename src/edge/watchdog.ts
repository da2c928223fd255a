import type { Clock } from '../net/clock.js';
import type { Http2Session } from '../tunnel/h2/session.js';

export interface WatchdogOptions {
  readonly session: Http2Session;
  readonly real: Clock;
  /** Milliseconds between two pings. */
  readonly intervalMs: number;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  /** Called once, when a ping stays unanswered or cannot be sent. */
  readonly onDead: (reason: string) => void;
}

export interface Watchdog {
  /** A ping is on its way and unanswered so far, and not only as a precaution. */
  readonly unconfirmed: boolean;
  /** For when there is a reason to doubt the session: a response did not come. As a `precaution` when it did not come in another one. */
  pingNow(options?: { readonly precaution: boolean }): void;
  stop(): void;
}

/** Pings the other end for as long as the session lives: a peer that has died, or its network, says nothing itself. */
export function createWatchdog({ session, real, intervalMs, timeoutMs, onDead }: WatchdogOptions): Watchdog {
  let stopped = false;
  let waiting = false;
  let unconfirmed = false;
  let cancelNext = real.after(intervalMs, () => ping());
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
    unconfirmed = false;
    cancelNext = real.after(intervalMs, () => ping());
  }

  function ping({ precaution } = { precaution: false }): void {
    if (stopped) return;
    unconfirmed ||= !precaution;
    if (waiting) return;
    waiting = true;
    cancelNext();
    cancelTimeout = real.after(timeoutMs, () => dead(`ping not answered within ${timeoutMs} ms`));
    if (!session.ping(answered)) dead('ping could not be sent');
  }

  return {
    get unconfirmed() {
      return unconfirmed;
    },
    pingNow: ping,
    stop,
  };
}
