import { type ClientHttp2Stream, constants } from 'node:http2';
import { Duplex } from 'node:stream';
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
  #stream: ClientHttp2Stream | undefined;
  #pendingWrite: PendingWrite | undefined;
  #originEnded = false;
  #idle: NodeJS.Timeout | undefined;

  constructor() {
    super({ allowHalfOpen: false, highWaterMark: BUFFER_BYTES });
  }

  /** The connector has connected to the origin: bytes flow over this stream from now on. */
  carry(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#idle?.refresh();
      if (!this.push(chunk)) stream.pause();
    });
    stream.once('end', () => {
      if (endedInGoodOrder(stream)) this.#end();
    });
    stream.on('drain', () => this.#written());
    stream.once('close', () => {
      this.#reset('the stream was reset');
      // After an end in good order: bytes that the origin has not waited for are lost, and hold nobody up.
      this.#written();
    });
    this.connecting = false;
    this.#flush();
    this.emit('connect');
  }

  /**
   * The session is about to be torn down, and the stream with it. What the origin has said up to its own end, and has
   * arrived, is still delivered.
   */
  lose(reason: string): void {
    const stream = this.#stream;
    if (stream && !stream.destroyed && endsInGoodOrder(stream)) {
      // Reading also emits `data`, so this moves all that the stream holds, which is one window at most.
      while (stream.read() !== null);
      this.#end();
    }
    this.#reset(reason);
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

  #end(): void {
    this.#originEnded = true;
    this.push(null);
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
 * Ends both directions of a stream, and drops what it still holds: a stream with unread bytes would never close.
 *
 * END_STREAM does that once the connector has answered. A reset would do it as well, but peers count those: nghttp2, and
 * so every connector on Node, ends a session that has seen 1,000 of them in a short time.
 */
export function abandon(stream: ClientHttp2Stream, answered: boolean): void {
  stream.removeAllListeners('data');
  stream.resume();
  if (stream.closed) return;
  const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
  // Bytes that wait for the origin to read would hold END_STREAM back.
  if (!answered || stream.writableLength > 0) {
    cancel();
    return;
  }
  stream.end();
  const timer = setTimeout(cancel, GOODBYE_MS).unref();
  stream.once('close', () => clearTimeout(timer));
}

/** Whether `end` means END_STREAM: it is emitted as well when a stream is reset or its session breaks. */
function endedInGoodOrder(stream: ClientHttp2Stream): boolean {
  return !stream.errored && (!stream.closed || stream.rstCode === constants.NGHTTP2_NO_ERROR);
}

/** Whether END_STREAM has arrived, although not all before it has been read. cloudflared resets with NO_ERROR after it. */
function endsInGoodOrder(stream: ClientHttp2Stream): boolean {
  return stream.closed ? stream.rstCode === constants.NGHTTP2_NO_ERROR : stream.state.remoteClose === 1;
}
