import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { ConnectionInfo } from '../live/messages.js';
import type { Clock } from '../net/clock.js';
import { createWatchdog } from './watchdog.js';

export interface ConnectionOptions {
  readonly info: ConnectionInfo;
  readonly session: ClientHttp2Session;
  readonly control: ClientHttp2Stream;
  /** Closes the transport below the session at once; harmless when it is closed. */
  readonly cut: () => void;
  readonly clock: Clock;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** The connection takes no new streams from now on. Called once. */
  readonly onUnusable: (reason: string) => void;
  /** The session is over. Called once, after `onUnusable`. */
  readonly onClosed: (reason: string) => void;
}

/** What one user of the connection hears when it drains or breaks under a stream. */
export interface StreamOwner {
  /** Finish soon: the connection waits for this stream before it goes. */
  onDraining(): void;
  /** The session is gone, and the stream with it. */
  onLost(reason: string): void;
}

/** One registered transport of a connector: the edge opens streams in it for as long as it is usable. */
export interface Connection {
  readonly info: ConnectionInfo;
  /** Takes new streams. */
  readonly usable: boolean;
  /** Streams that are open, the control stream not counted. */
  readonly inFlight: number;
  /** Whether the peer would let one more stream start at once. */
  readonly hasRoom: boolean;
  /** Throws when the session cannot take the stream. `endStream`: nothing follows the headers; false when absent. */
  open(
    headers: OutgoingHttpHeaders,
    owner: StreamOwner,
    options?: { readonly endStream: boolean },
  ): ClientHttp2Stream;
  /** A response did not come in time: finds out whether the session still lives. */
  suspect(): void;
  /** Takes no new streams, lets the open ones end, then closes the session. */
  drain(reason: string): void;
  /** Ends the session and everything in it. */
  end(reason: string): void;
}

/** A peer that does not close its end after an orderly goodbye is cut off after this. */
const GOODBYE_MS = 1_000;

export function createConnection(options: ConnectionOptions): Connection {
  const { info, session, control, clock } = options;
  const streams = new Map<ClientHttp2Stream, StreamOwner>();
  let state: 'open' | 'draining' | 'closed' = 'open';
  const watchdog = createWatchdog({
    session,
    clock,
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
    // Before the session: a stream of a destroyed session looks like one that the origin has ended in good order.
    for (const owner of streams.values()) owner.onLost(reason);
    // A session that is destroyed with open streams from within the event of another one makes Node write empty frames
    // for ever. Streams that are cancelled already are safe.
    for (const stream of [...streams.keys(), control]) stream.close(constants.NGHTTP2_CANCEL);
    streams.clear();
    session.destroy();
    // Node ends the transport of a closed session politely, and may then wait for ever for a peer that was killed.
    clock.after(GOODBYE_MS, options.cut);
    options.onClosed(reason);
  }

  function drain(reason: string): void {
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
    clock.after(GOODBYE_MS, () => end('drained'));
  }

  function release(stream: ClientHttp2Stream): void {
    if (streams.delete(stream)) sayGoodbyeWhenIdle();
  }

  // Before the session's own listeners, which tear all streams down: what has arrived in them is still wanted.
  session.socket.prependListener('error', (error) => end(`the transport failed: ${error.message}`));
  session.socket.prependOnceListener('close', () => end('the transport was lost'));
  session.once('close', () => end(state === 'draining' ? 'drained' : 'the connector closed the session'));
  session.once('goaway', () => drain('the connector is going away'));
  control.once('close', () => drain('the connector ended its control stream'));

  return {
    info,
    get usable() {
      return state === 'open' && !session.closed && !session.destroyed;
    },
    get inFlight() {
      return streams.size;
    },
    get hasRoom() {
      return streams.size + 1 < (session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);
    },
    open(headers, owner, { endStream } = { endStream: false }) {
      // Without `endStream: false` Node would end a GET at once, and connectors know no half-closed stream of bytes.
      const stream = session.request(headers, { endStream });
      streams.set(stream, owner);
      stream.once('close', () => {
        release(stream);
        // A living session refuses no stream: this is one that nghttp2 has given up silently.
        // Not from within the stream's own event, where `end` could make Node write empty frames for ever after all.
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && !session.closed)
          setImmediate(end, 'a stream was refused');
      });
      return stream;
    },
    suspect: () => watchdog.pingNow(),
    drain,
    end,
  };
}
