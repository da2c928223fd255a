import type { ConnectionInfo } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import type { OutgoingFields } from '../h2/headers.js';
import type { Http2Session } from '../h2/session.js';
import type { Http2Stream } from '../h2/stream.js';
import { HALF_CLOSE_FEATURE } from '../rpc/registration.js';
import type { HalfClose } from './tunnel-socket.js';

interface ConnectionOptions {
  readonly info: ConnectionInfo;
  readonly session: Http2Session;
  readonly control: Http2Stream;
  readonly real: Clock;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** See `HalfClose.idleMs`. */
  readonly halfCloseIdleMs: number;
  /** The connection takes no new streams from now on. Called once. */
  readonly onUnusable: (reason: string) => void;
  /** The session is over. Called once, after `onUnusable`. */
  readonly onClosed: (reason: string) => void;
}

/** What one user of the connection hears when it drains or breaks under a stream. */
interface StreamOwner {
  /** Finish soon: the connection waits for this stream before it goes. */
  onDraining(): void;
  /** The session is gone, and the stream with it: heard before the stream's own `error`. */
  onLost(reason: string): void;
}

/** One registered transport of a connector: the edge opens streams in it for as long as it is usable. */
export interface Connection {
  readonly info: ConnectionInfo;
  /** Takes new streams. */
  readonly usable: boolean;
  /** A ping is unanswered so far: another connection is the better choice. */
  readonly unconfirmed: boolean;
  /** Streams that are open, the control stream not counted. */
  readonly inFlight: number;
  /** Whether the peer would let one more stream start at once. */
  readonly hasRoom: boolean;
  readonly halfClose: HalfClose;
  /** Throws when the session cannot take the stream. With `endStream` the request has no body, and nothing can be written. */
  open(head: OutgoingFields, owner: StreamOwner, options?: { readonly endStream?: boolean }): Http2Stream;
  /** A response did not come in time: finds out whether the session still lives. */
  probeLiveness(): void;
  /** The same for a session whose connector owes an answer in another one; until it is known, this one does not count as unconfirmed. */
  check(): void;
  /**
   * Takes no new streams, lets the open ones end, then closes the session: when the connector has ended it, or after a moment; with
   * `leaving` at once, because cloudflared keeps its control stream open for as long as the session lives.
   */
  drain(reason: string, leaving?: boolean): void;
  /** Ends the session and everything in it. */
  end(reason: string): void;
}

/** How often it is looked whether the last bytes of a drained connection have been sent, and how many times at most. */
const GOODBYE_MS = 1_000;
const MAX_GOODBYES = 10;

export function createConnection(options: ConnectionOptions): Connection {
  const { info, session, control, real } = options;
  const streams = new Map<Http2Stream, StreamOwner>();
  let edgeLeaves = false;
  let state: 'open' | 'draining' | 'closed' = 'open';
  const watchdog = createWatchdog({
    session,
    real,
    intervalMs: options.pingIntervalMs,
    timeoutMs: options.pingTimeoutMs,
    onDead: end,
  });

  function end(reason: string): void {
    if (state === 'closed') return;
    const wasOpen = state === 'open';
    state = 'closed';
    watchdog.stop();
    if (wasOpen) options.onUnusable(reason);
    session.destroy(new Error(reason));
    options.onClosed(reason);
  }

  function drain(reason: string, leaving = false): void {
    if (leaving) edgeLeaves = true;
    if (state === 'draining') sayGoodbyeWhenIdle();
    if (state !== 'open') return;
    state = 'draining';
    options.onUnusable(reason);
    // Sends GOAWAY and lets the open streams go on.
    session.close();
    for (const owner of [...streams.values()]) owner.onDraining();
    sayGoodbyeWhenIdle();
  }

  function sayGoodbyeWhenIdle(): void {
    if (state !== 'draining' || streams.size > 0) return;
    control.end();
    if (edgeLeaves) session.finish();
    waitForLastBytes(MAX_GOODBYES);
  }

  /** The session has ended its transport: what still waits there gets the time that it needs, within reason. */
  function waitForLastBytes(rounds: number): void {
    real.after(GOODBYE_MS, () => {
      if (rounds > 1 && session.socket.writableLength > 0) waitForLastBytes(rounds - 1);
      else end('drained');
    });
  }

  function release(stream: Http2Stream): void {
    if (streams.delete(stream)) sayGoodbyeWhenIdle();
  }

  session.once('error', (error: Error) => end(error.message));
  session.once('close', () => end(state === 'draining' ? 'drained' : 'the connector closed the session'));
  session.once('goaway', () => drain('the connector is going away'));
  control.once('close', () => {
    if (!session.destroyed) drain('the connector ended its control stream');
  });

  return {
    info,
    halfClose: {
      supported: info.features.includes(HALF_CLOSE_FEATURE),
      idleMs: options.halfCloseIdleMs,
    },
    get usable() {
      return state === 'open' && !session.closed;
    },
    get unconfirmed() {
      return watchdog.unconfirmed;
    },
    get inFlight() {
      return streams.size;
    },
    get hasRoom() {
      return streams.size + 1 < session.remoteSettings.maxConcurrentStreams;
    },
    open(head, owner, { endStream = false } = {}) {
      const stream = session.request(head, { endStream });
      streams.set(stream, owner);
      stream.on('error', (error: Error) => {
        if (session.destroyed) owner.onLost(error.message);
      });
      stream.on('close', () => release(stream));
      return stream;
    },
    probeLiveness: () => watchdog.pingNow(),
    check: () => watchdog.pingNow({ precaution: true }),
    drain,
    end,
  };
}

interface WatchdogOptions {
  readonly session: Http2Session;
  readonly real: Clock;
  /** Milliseconds between two pings. */
  readonly intervalMs: number;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  /** Called once, when a ping stays unanswered or cannot be sent. */
  readonly onDead: (reason: string) => void;
}

interface Watchdog {
  /** A ping is on its way and unanswered so far, and not only as a precaution. */
  readonly unconfirmed: boolean;
  /** For when there is a reason to doubt the session: a response did not come. As a `precaution` when it did not come in another one. */
  pingNow(options?: { readonly precaution: boolean }): void;
  stop(): void;
}

/** Pings the other end for as long as the session lives: a peer that has died, or its network, says nothing itself. */
function createWatchdog({ session, real, intervalMs, timeoutMs, onDead }: WatchdogOptions): Watchdog {
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
