import { type ClientHttp2Stream, constants } from 'node:http2';
import { Duplex } from 'node:stream';
import { DialError, type OriginSocket } from '../offramps/contract.js';

type Callback = (error?: Error | null) => void;

interface PendingWrite {
  readonly chunk: Buffer;
  readonly callback: Callback;
}

const BUFFER_BYTES = 64 * 1024;

/**
 * A byte stream to an origin over one HTTP/2 stream of a connector. It is `connecting` until `carry` gives it the stream;
 * what is written before that waits.
 *
 * Connectors know no half-close: as soon as either direction ends, both are closed, and bytes on their way are lost. So
 * `end()` here never ends the HTTP/2 stream; it is cancelled when the socket is destroyed.
 */
export class TunnelSocket extends Duplex implements OriginSocket {
  connecting = true;
  #stream: ClientHttp2Stream | undefined;
  #pendingWrite: PendingWrite | undefined;
  #originEnded = false;

  constructor() {
    super({ allowHalfOpen: false, highWaterMark: BUFFER_BYTES });
  }

  /** The connector has connected to the origin: bytes flow over this stream from now on. */
  carry(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.once('end', () => {
      if (endedInGoodOrder(stream)) this.#end();
    });
    stream.on('drain', () => this.#written());
    stream.once('close', () => this.#reset('the stream was reset'));
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
    if (this.#pendingWrite && this.#stream?.write(this.#pendingWrite.chunk)) this.#written();
  }

  #written(): void {
    const write = this.#pendingWrite;
    this.#pendingWrite = undefined;
    write?.callback();
  }

  override _final(callback: Callback): void {
    callback();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.connecting = false;
    if (this.#stream) abandon(this.#stream);
    const write = this.#pendingWrite;
    this.#pendingWrite = undefined;
    callback(error);
    write?.callback(error ?? new DialError('reset', 'the socket was destroyed before the bytes were sent'));
  }
}

/** Cancels a stream, with what it still holds: a stream with unread bytes would never close. */
export function abandon(stream: ClientHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
  stream.removeAllListeners('data');
  stream.resume();
}

/** Whether `end` means END_STREAM: it is emitted as well when a stream is reset or its session breaks. */
function endedInGoodOrder(stream: ClientHttp2Stream): boolean {
  return !stream.errored && (!stream.closed || stream.rstCode === constants.NGHTTP2_NO_ERROR);
}

/** Whether END_STREAM has arrived, although not all before it has been read. cloudflared resets with NO_ERROR after it. */
function endsInGoodOrder(stream: ClientHttp2Stream): boolean {
  return stream.closed ? stream.rstCode === constants.NGHTTP2_NO_ERROR : stream.state.remoteClose === 1;
}
