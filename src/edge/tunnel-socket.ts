import { Duplex } from 'node:stream';
import { CODE } from '../http2/errors.js';
import type { Http2Stream } from '../http2/stream.js';
import { DialError, type OriginSocket } from '../offramps/contract.js';

type Callback = (error?: Error | null) => void;

interface PendingWrite {
  readonly chunk: Buffer;
  readonly callback: Callback;
}

const BUFFER_BYTES = 64 * 1024;

/** How long a connector may go on with a stream that we have ended. */
const GOODBYE_MS = 1_000;

/**
 * A byte stream to an origin over one HTTP/2 stream of a connector. It is `connecting` until `carry` gives it the stream;
 * what is written before that waits.
 *
 * Connectors know no half-close: as soon as either direction ends, both are closed, and bytes on their way are lost. So
 * `end()` here never ends the HTTP/2 stream: only destroying the socket does.
 */
export class TunnelSocket extends Duplex implements OriginSocket {
  connecting = true;
  awaited = false;
  #stream: Http2Stream | undefined;
  #pendingWrite: PendingWrite | undefined;
  #originEnded = false;
  #idle: NodeJS.Timeout | undefined;

  constructor() {
    super({ allowHalfOpen: false, highWaterMark: BUFFER_BYTES });
  }

  /** The connector has connected to the origin: bytes flow over this stream from now on. */
  carry(stream: Http2Stream): void {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#idle?.refresh();
      if (!this.push(chunk)) stream.pause();
    });
    // After a reset, or when the session is lost, there is no `end`.
    stream.once('end', () => {
      this.#originEnded = true;
      this.push(null);
    });
    stream.on('drain', () => this.#written());
    stream.once('close', () => {
      this.#reset(stream.errored?.message ?? 'the stream was closed');
      // After an end in good order: bytes that the origin has not waited for are lost, and hold nobody up.
      this.#written();
    });
    this.connecting = false;
    this.#flush();
    this.emit('connect');
  }

  #reset(reason: string): void {
    if (this.#originEnded || this.destroyed) return;
    this.destroy(new DialError('reset', `the tunnel connection was lost: ${reason}`));
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
    this.#idle = ms > 0 ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined;
    return this;
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
    this.#idle?.refresh();
    write?.callback();
  }

  override _final(callback: Callback): void {
    callback();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.connecting = false;
    clearTimeout(this.#idle);
    if (this.#stream) abandon(this.#stream, true);
    const write = this.#pendingWrite;
    this.#pendingWrite = undefined;
    callback(error);
    write?.callback(error ?? new DialError('reset', 'the socket was destroyed before the bytes were sent'));
  }
}

/**
 * Ends both directions of a stream, and drops what it still holds. A connector that has answered is told so by END_STREAM,
 * behind the last bytes, which then still reach the origin; it closes the stream upon that.
 */
export function abandon(stream: Http2Stream, answered: boolean): void {
  // Bytes that wait for the origin to read would hold END_STREAM back.
  if (!answered || stream.writableLength > 0) {
    stream.close(CODE.CANCEL);
    return;
  }
  stream.removeAllListeners('data');
  stream.resume();
  stream.end();
  if (stream.readableEnded) return;
  const timer = setTimeout(() => stream.close(CODE.CANCEL), GOODBYE_MS).unref();
  stream.once('close', () => clearTimeout(timer));
}
