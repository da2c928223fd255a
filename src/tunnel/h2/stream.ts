import type { OutgoingHttpHeaders } from 'node:http2';
import { Duplex } from 'node:stream';
import { CODE, codeName, StreamError } from './frames.js';
import { outgoingFields } from './headers.js';
import { ReceiveWindow, type Sender, SmallPieces, type StreamHost } from './writer.js';

interface RespondOptions {
  /** The response has no body. */
  readonly endStream?: boolean;
  /** `wantTrailers` is emitted when the body has ended; `sendTrailers` must follow. */
  readonly waitForTrailers?: boolean;
}

/** A stream on the answering side, ours or Node's: what its user may rely on. */
export interface ServingStream extends Duplex {
  readonly headersSent: boolean;
  respond(headers: OutgoingHttpHeaders, options?: RespondOptions): void;
  sendTrailers(headers: OutgoingHttpHeaders): void;
  close(code?: number): void;
}

type Callback = (error?: Error | null) => void;

/** What an unread stream may hold; one whose reader keeps up may have more under way. */
export const STREAM_WINDOW = 256 * 1024;
const MAX_STREAM_WINDOW = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * One stream of a session: the part that we need of Node's `ClientHttp2Stream` and `ServerHttp2Stream`, with the same
 * meaning, and these differences: `end` is emitted for END_STREAM alone; a stream that the other end resets before that,
 * with whatever code, or that its session takes along, is destroyed with an error; and to a client what has arrived up to
 * END_STREAM is delivered, whatever happens then. A server hears at once that nobody waits for its answer.
 *
 * Events: `response(headers, flags, rawHeaders)` and `trailers(headers, flags, rawHeaders)`, where flags are those of the
 * HEADERS frame and raw headers are names and values in turn; `wantTrailers()`.
 */
export class Http2Stream extends Duplex implements Sender, ServingStream {
  readonly id: number;
  /** Why the stream was reset, by either end; NO_ERROR (0) when it has ended, undefined before. */
  rstCode: number | undefined;
  headersSent = false;
  sendWindow: number;
  unacknowledged = 0;
  readonly receiveWindow = new ReceiveWindow(STREAM_WINDOW, MAX_STREAM_WINDOW);
  /** END_STREAM has come. */
  remoteEnded = false;
  /** The head of the message has come. */
  headReceived = false;
  /** Bytes of the body that must still come; null when nobody has said. */
  bodyBytesLeft: number | null = null;
  /** The request was HEAD: the length that the response tells is of a body that does not come. */
  expectsNoBody = false;
  readonly #host: StreamHost;
  #isOver = false;
  #localEnded = false;
  #waitForTrailers = false;
  #unsent: Buffer = NOTHING;
  #written: Callback | undefined;
  #finished: Callback | undefined;
  /** Bytes that the reader has not had when credit was last reckoned. */
  #unread = 0;
  /** What has come behind bytes that are unread: the next `read` hands it on. */
  #small: SmallPieces | undefined;
  /** See `handTo`. */
  #take: ((bytes: Buffer) => void) | undefined;

  constructor(host: StreamHost, id: number, sendWindow: number) {
    super({ highWaterMark: 64 * 1024 });
    this.#host = host;
    this.id = id;
    this.sendWindow = sendWindow;
  }

  // Sending.

  /** Server: begins the response. Throws TypeError when a header is none. */
  respond(headers: OutgoingHttpHeaders, options: RespondOptions = {}): void {
    if (this.headersSent) throw new Error('the stream has been responded to');
    const fields = outgoingFields(headers[':status'] ? headers : { ':status': 200, ...headers });
    this.headersSent = true;
    if (this.#isOver) return;
    this.#waitForTrailers = options.waitForTrailers ?? false;
    this.sendHead(fields, options.endStream ?? false);
  }

  /** Fields that are known to be right. */
  sendHead(fields: readonly string[], endStream: boolean): void {
    this.headersSent = true;
    this.#host.headers(this, fields, endStream);
    if (!endStream) return;
    this.#endLocally();
    this.end();
  }

  /** Ends the response with these fields; see `waitForTrailers`. */
  sendTrailers(headers: OutgoingHttpHeaders): void {
    const fields = outgoingFields(headers);
    const finished = this.#finished;
    if (!finished) {
      if (this.#isOver) return;
      throw new Error('trailers can be sent once, after wantTrailers');
    }
    this.#finished = undefined;
    if (fields.length > 0) this.#host.headers(this, fields, true);
    else this.#host.end(this);
    this.#endLocally();
    finished();
  }

  get unsent(): Buffer {
    return this.#unsent;
  }

  sent(bytes: number): void {
    this.#unsent = this.#unsent.subarray(bytes);
    if (this.#unsent.length === 0) this.#settleWrite();
  }

  #settleWrite(error?: Error): void {
    const written = this.#written;
    this.#unsent = NOTHING;
    this.#written = undefined;
    written?.(error);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    // The other end has what it wanted.
    if (this.#isOver || chunk.length === 0) {
      callback();
      return;
    }
    this.#unsent = chunk;
    this.#written = callback;
    this.#host.wake(this);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', callback);
  }

  override _final(callback: Callback): void {
    if (this.#isOver || this.#localEnded) {
      callback();
      return;
    }
    if (this.#waitForTrailers) {
      this.#finished = callback;
      this.emit('wantTrailers');
      return;
    }
    this.#host.end(this);
    this.#endLocally();
    callback();
  }

  #endLocally(): void {
    this.#localEnded = true;
    if (this.remoteEnded) this.#end(CODE.NO_ERROR);
    // A request that nobody reads need not be sent to its end: the answer is complete.
    if (this.#host.role === 'server' && this.readableFlowing === null)
      this.once('finish', () => this.close(CODE.NO_ERROR));
  }

  /**
   * Resets the stream at once, with NO_ERROR once what was written has been sent. The stream is destroyed without an
   * error: whoever closes it knows.
   */
  close(code: number = CODE.NO_ERROR): void {
    if (this.destroyed) return;
    if (code === CODE.NO_ERROR && !this.#isOver) {
      if (!this.writableEnded) this.end();
      if (!this.writableFinished) {
        this.once('finish', () => this.close(code));
        return;
      }
    }
    this.#reset(code);
    this.destroy();
  }

  /** The stream breaks a rule: it is reset, and its owner hears why. */
  fail(error: StreamError): void {
    this.#reset(error.code);
    this.destroy(error);
  }

  #reset(code: number): void {
    if (this.#isOver) return;
    this.#host.reset(this, code);
    this.#end(code);
  }

  #end(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.rstCode = code;
    this.#host.over(this);
  }

  // Receiving.

  /**
   * In place of a listener of `data`, for the time that the stream lives: `take` gets what that would get, but without a way through the
   * stream's buffer for what comes while it flows and is empty. Null: nobody takes them any more.
   */
  handTo(take: ((bytes: Buffer) => void) | null): void {
    if (this.#take) this.off('data', this.#take);
    this.#take = take ?? undefined;
    if (take) this.on('data', take);
  }

  /** Bytes of the body. */
  receive(bytes: Buffer): void {
    if (this.#isOver) return;
    if (this.bodyBytesLeft !== null) this.bodyBytesLeft -= bytes.length;
    if (this.bodyBytesLeft !== null && this.bodyBytesLeft < 0) {
      this.fail(tooMuchOrLittle('more'));
      return;
    }
    this.#unread += bytes.length;
    this.#keep(bytes);
    this.#returnCredit();
  }

  #keep(bytes: Buffer): void {
    if (isSmall(bytes) && !this.readableFlowing && this.readableLength > 0) {
      this.#small ??= new SmallPieces();
      this.#small.add(bytes);
      return;
    }
    const piece = isTiny(bytes) ? Buffer.from(bytes) : bytes;
    if (this.#take && this.readableFlowing && this.readableLength === 0) {
      this.#take(piece);
      return;
    }
    this.#handOnSmall();
    this.push(piece);
  }

  #handOnSmall(): void {
    if (this.#small && this.#small.length > 0) this.push(this.#small.take());
  }

  /** Bytes that count for the window, and are nobody's. */
  receivePadding(bytes: number): void {
    this.#unread += bytes;
    this.#returnCredit();
  }

  receiveEnd(): void {
    if (this.#isOver) return;
    if (this.bodyBytesLeft !== null && this.bodyBytesLeft > 0) {
      this.fail(tooMuchOrLittle('less'));
      return;
    }
    this.remoteEnded = true;
    if (this.#localEnded) this.#end(CODE.NO_ERROR);
    this.#handOnSmall();
    this.push(null);
    // Emits `end` of an empty body, although nobody may ever read it.
    if (this.readableLength === 0) this.read(0);
  }

  /** RST_STREAM has come. After END_STREAM it means that the other end wants nothing more. */
  receiveReset(code: number): void {
    this.#end(code);
    this.#part(new StreamError(code, `the stream was reset by the other end: ${codeName(code)}`));
  }

  /** The session is over. */
  lose(error: Error): void {
    this.#end(error instanceof StreamError ? error.code : CODE.CANCEL);
    this.#part(error);
  }

  #part(error: Error): void {
    if (!this.remoteEnded) {
      this.destroy(error);
      return;
    }
    // What is still unread can be read, but is of no use to a server; what is still unsent has lost its reader.
    if (this.readableEnded || this.#host.role === 'server') this.destroy();
    else this.once('end', () => this.destroy());
    this.#settleWrite();
    this.#settleFinal();
  }

  #settleFinal(): void {
    const finished = this.#finished;
    this.#finished = undefined;
    finished?.();
  }

  override read(size?: number): unknown {
    this.#handOnSmall();
    const bytes = super.read(size);
    this.#returnCredit();
    return bytes;
  }

  override _read(): void {}

  #returnCredit(): void {
    const held = this.readableLength + (this.#small?.length ?? 0);
    const read = this.#unread - held;
    if (read <= 0 || this.remoteEnded || this.#isOver) return;
    this.#unread -= read;
    const credit = this.receiveWindow.giveBack(read, held === 0);
    if (credit > 0) this.#host.credit(this, credit);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    if (!this.#isOver) {
      if (error instanceof StreamError) this.#reset(error.code);
      else this.#reset(error ? CODE.INTERNAL_ERROR : CODE.CANCEL);
    }
    callback(error);
    // Errors are expensive, and most streams end with nothing left to send.
    if (this.#written)
      this.#settleWrite(
        error ?? new StreamError(CODE.CANCEL, 'the stream was closed before the bytes were sent'),
      );
  }
}

const tooMuchOrLittle = (what: string) =>
  new StreamError(CODE.PROTOCOL_ERROR, `message with ${what} bytes than its content-length says`);

/** Below it pieces that nobody reads are put together. */
const SMALL_BYTES = 4 * 1024;
/** Below it a piece is copied at once: it would hold all of the chunk that it came in, whoever keeps it. */
const TINY_BYTES = 512;

const isSmall = (piece: Buffer): boolean => piece.length < SMALL_BYTES;
const isTiny = (piece: Buffer): boolean => piece.length < TINY_BYTES;
