import { Duplex } from 'node:stream';
import { realTime, restartableTimer } from '../../net/clock.js';
import { DialError, type OriginReads, type OriginSocket, type TakeBytes } from '../egress/contract.js';
import { CODE } from '../h2/frames.js';
import type { Http2Stream } from '../h2/stream.js';

type Callback = (error?: Error | null) => void;

interface PendingWrite {
  readonly chunk: Buffer;
  readonly callback: Callback;
}

/** What the connector at the other end does when one direction of a stream ends. */
export interface HalfClose {
  /** It lets the other direction go on. Otherwise it closes both, and what is still on its way is lost. */
  readonly supported: boolean;
  /** Milliseconds without a byte in either direction after which such a connector is told our end all the same. */
  readonly idleMs: number;
}

const BUFFER_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** How long a connector may go on with a stream that we have ended. */
const GOODBYE_MS = 1_000;

/**
 * A byte stream to an origin over one HTTP/2 stream of a connector. It is `connecting` until `carry` gives it the stream;
 * what is written before that waits.
 *
 * `end()` delivers everything that was written and then the end (END_STREAM); `finish` says that both are on their way. To a
 * connector that closes both directions when either ends, END_STREAM goes only when the origin has ended its side, or when
 * nothing has moved for a while: until then the origin may still answer.
 *
 * `destroy()` resets the stream (RST_STREAM), unless all that was written and its end have been delivered. A stream that the
 * connector resets, or that is lost with its connection, fails with a DialError, and never looks like an end.
 */
export class TunnelSocket extends Duplex implements OriginSocket {
  connecting = true;
  /** Who was asked to connect. */
  connectors: readonly string[] = [];
  awaited = false;
  #stream: Http2Stream | undefined;
  #halfClose: HalfClose | undefined;
  #pendingWrite: PendingWrite | undefined;
  #finished: Callback | undefined;
  /** All bytes have been sent, and only END_STREAM is held back: sends it when nothing moves. */
  #heldEnd: NodeJS.Timeout | undefined;
  #originEnded = false;
  #answerUnwanted = false;
  #idle: NodeJS.Timeout | undefined;
  #take: TakeBytes | null = null;

  readonly reads: OriginReads = {
    lends: false,
    streaming: false,
    held: false,
    handTo: (take) => {
      if (this.#take) this.off('data', this.#take);
      this.#take = take;
      // For what has waited in the socket's buffer.
      if (take) this.on('data', take);
    },
  };

  constructor() {
    super({ highWaterMark: BUFFER_BYTES });
  }

  /** The connector has connected to the origin: bytes flow over this stream from now on. */
  carry(stream: Http2Stream, halfClose: HalfClose): void {
    this.#stream = stream;
    this.#halfClose = halfClose;
    // With such a connector the origin's end is the end of both directions.
    this.allowHalfOpen = halfClose.supported;
    stream.handTo((chunk: Buffer) => {
      this.#moved();
      const passes = this.#take !== null && this.readableFlowing && this.readableLength === 0;
      if (passes) this.#take!(chunk);
      else if (!this.push(chunk)) stream.pause();
    });
    // After a reset, or when the session is lost, there is no `end`.
    stream.once('end', () => {
      this.#originEnded = true;
      this.#sendHeldEnd();
      this.push(null);
    });
    stream.on('drain', () => this.#written());
    stream.once('finish', () => this.#sent());
    stream.once('close', () => this.#streamClosed(stream));
    this.connecting = false;
    this.#flush();
    if (this.#finished) this.#end(stream);
    this.emit('connect');
  }

  #streamClosed({ rstCode, errored }: Http2Stream): void {
    const isReset = !this.#originEnded || (rstCode ?? CODE.NO_ERROR) !== CODE.NO_ERROR;
    if (!isReset) {
      // The connector closes both directions with the origin's. Bytes that it has not taken by then are lost.
      this.#written();
      this.#sent();
      return;
    }
    const why = errored?.message ?? 'the stream was closed before all bytes were sent';
    const fail = () => this.destroy(new DialError('reset', `the tunnel connection was lost: ${why}`));
    // What the origin has sent up to its end can still be read.
    if (this.#originEnded && !this.readableEnded) this.once('end', fail);
    else fail();
  }

  // What Node's HTTP client asks of the sockets that it is given. The transport below has these settings for all streams.
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Emits `timeout` after so many milliseconds without a byte in either direction; 0 switches that off. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    if (onTimeout) this.once('timeout', onTimeout);
    clearTimeout(this.#idle);
    this.#idle = ms > 0 ? restartableTimer(ms, () => this.emit('timeout')) : undefined;
    return this;
  }

  /** As of a `net.Socket`: `end()`, and `destroy()` when everything has been sent. Nobody waits for an answer. */
  destroySoon(): void {
    this.#answerUnwanted = true;
    this.#sendHeldEnd();
    if (!this.writableEnded) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  #moved(): void {
    this.#idle?.refresh();
    this.#heldEnd?.refresh();
  }

  override _read(): void {
    this.#stream?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#pendingWrite = { chunk, callback };
    if (!this.connecting) this.#flush();
  }

  #flush(): void {
    // With a full window the callback waits for `drain`, and so does whoever writes to us.
    if (!this.#pendingWrite || !this.#stream) return;
    if (this.#stream.destroyed || this.#stream.write(this.#pendingWrite.chunk)) this.#written();
  }

  #written(): void {
    const write = this.#pendingWrite;
    this.#pendingWrite = undefined;
    this.#moved();
    write?.callback();
  }

  override _final(callback: Callback): void {
    this.#finished = callback;
    if (this.#stream) this.#end(this.#stream);
  }

  #end(stream: Http2Stream): void {
    if (stream.destroyed) {
      this.#sent();
      return;
    }
    if (this.#halfClose!.supported || this.#originEnded || this.#answerUnwanted) {
      stream.end();
      return;
    }
    // Called back when all bytes before have been sent: the wait begins with the end of what the client had to say.
    stream.write(NOTHING, () => {
      if (this.destroyed || stream.destroyed) return;
      this.#heldEnd = restartableTimer(this.#halfClose!.idleMs, () => this.#sendHeldEnd());
      if (this.#originEnded || this.#answerUnwanted) this.#sendHeldEnd();
    });
  }

  #sendHeldEnd(): void {
    if (!this.#heldEnd) return;
    clearTimeout(this.#heldEnd);
    this.#heldEnd = undefined;
    this.#stream?.end();
  }

  /** All bytes and END_STREAM are on their way, unless the stream was reset: then `close` follows, and says so. */
  #sent(): void {
    if (this.#stream?.rstCode) return;
    const finished = this.#finished;
    this.#finished = undefined;
    finished?.();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.reads.handTo(null);
    this.connecting = false;
    clearTimeout(this.#idle);
    const allSent = this.writableFinished || this.#heldEnd !== undefined;
    clearTimeout(this.#heldEnd);
    if (this.#stream && allSent) leave(this.#stream);
    else this.#stream?.close(CODE.CANCEL);
    const write = this.#pendingWrite;
    this.#pendingWrite = undefined;
    callback(error);
    write?.callback(error ?? new DialError('reset', 'the socket was destroyed before the bytes were sent'));
    this.#finished = undefined;
  }
}

/**
 * Ends our direction of a stream whose answer nobody reads, and gives the connector a moment to deliver what it was sent and
 * to end its own. Only then the stream is reset.
 */
export function leave(stream: Http2Stream): void {
  stream.handTo(null);
  stream.removeAllListeners('data');
  stream.resume();
  if (!stream.writableEnded) stream.end();
  if (stream.readableEnded) return;
  stream.once(
    'close',
    realTime.after(GOODBYE_MS, () => stream.close(CODE.CANCEL)),
  );
}
