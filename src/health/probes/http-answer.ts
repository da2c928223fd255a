import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { HEADER_BYTES } from '../../domain/http-fields.js';
import { type BodyReader, ChunkedReader, LengthReader } from '../../proxy/http/body.js';
import { noTrailers } from '../../proxy/http/fields.js';
import { HeadBuffer } from '../../proxy/http/message-head.js';
import {
  type ResponseFraming,
  type ResponseHead,
  readResponseHead,
  responseFraming,
} from '../../proxy/http/response-head.js';
import { InvalidStatus } from '../../proxy/http/syntax.js';
import type { FailureReason } from '../../state/health-board.js';
import type { OriginSocket } from '../../tunnel/egress/contract.js';
import { type Cancellation, ProbeFailure, reasonOfHttpError } from './probe.js';

/** An answer whose body has not been read. */
export interface HttpProbeAnswer {
  readonly status: number;
  readonly headers: Pick<IncomingHttpHeaders, 'location'>;
  /** At most the first `maxBytes` of the body. Rejects with a ProbeFailure when the body breaks off before that. */
  body(maxBytes: number): Promise<Buffer>;
  /** Gives up the body, and with it the connection. */
  discard(): void;
}

/**
 * The head of the answer to the one request that was sent over `stream` with `method`, read as the proxy reads those to traffic.
 * Rejects with a ProbeFailure; for a body that breaks off `body` does.
 */
export function readAnswer(
  stream: Duplex,
  method: string,
  cancellation: Cancellation,
): Promise<HttpProbeAnswer> {
  return new Promise((resolve, reject) => {
    new AnswerReader(stream, method, cancellation, { resolve, reject });
  });
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(failure: ProbeFailure): void;
}

const NO_BYTES = Buffer.alloc(0);
const NO_FIELDS: HttpProbeAnswer['headers'] = {};
const START = 'HTTP/1.';
const LOCATION = /^location:[ \t]*(.*?)[ \t]*\r$/im;
/** With three digits where the status is, whatever they are. */
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})[ \r]/;

/** One object for each check: reader of the answer, and the answer when its head has been read. */
class AnswerReader implements HttpProbeAnswer {
  status = 0;
  headers = NO_FIELDS;
  private readonly head = new HeadBuffer(HEADER_BYTES);
  /** How the end of the body is found; null before that is known. */
  private framing: BodyReader | null = null;
  /** Came with the head, and was not read. */
  private rest: Buffer = NO_BYTES;
  private readonly pieces: Buffer[] = [];
  private size = 0;
  private wanted = 0;
  private bodyWaiter: Waiter<Buffer> | null = null;
  private untilClose = false;
  private ended = false;
  /** There comes nothing more, and no end. */
  private broken = false;
  /** What is read comes in memory that is used again. */
  private readonly lent: boolean;

  constructor(
    private readonly stream: Duplex,
    private readonly method: string,
    private readonly cancellation: Cancellation,
    private headWaiter: Waiter<HttpProbeAnswer> | null,
  ) {
    const reads = (stream as Partial<OriginSocket>).reads ?? null;
    this.lent = reads?.lends ?? false;
    if (reads) reads.handTo(this.onData);
    else stream.on('data', this.onData);
    stream.on('end', this.onEnd);
    stream.on('error', this.onError);
    stream.on('close', () => this.fail());
    // Nothing of that will come of a stream that is over.
    if (stream.destroyed || stream.readableEnded) this.fail();
  }

  body(maxBytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.bodyWaiter = { resolve, reject };
      this.wanted = maxBytes;
      this.onData(this.rest);
      if (this.ended) this.onEnd();
      else if (this.broken) this.fail();
      else if (this.bodyWaiter) this.stream.resume();
    });
  }

  discard(): void {
    this.stream.destroy();
  }

  private readonly onData = (bytes: Buffer): void => {
    try {
      if (this.headWaiter) this.readHead(bytes);
      else if (this.bodyWaiter) this.readBody(bytes);
    } catch (error) {
      if (error instanceof InvalidStatus) this.takeInvalidStatus();
      this.fail('HTTP Invalid Response', error);
    }
  };

  /** Reads interim heads and the final one. */
  private readHead(bytes: Buffer): void {
    for (let next = bytes; next.length > 0 && this.headWaiter; ) {
      const end = this.head.add(next);
      if (end < 0) {
        // Without waiting for the end of a line that another protocol may never send.
        if (!beginsAsAnswer(this.head.bytes)) this.fail();
        else if (this.lent) this.head.own();
        return;
      }
      const head = readResponseHead(this.head.bytes, Number.POSITIVE_INFINITY, end - 2);
      next = this.head.bytes.subarray(end);
      this.head.clear();
      // A switch of protocols that nobody has asked for.
      if (head.status === 101 || this.method === 'CONNECT') this.fail();
      else if (head.status >= 200) this.answer(head, next);
    }
  }

  /** Nothing more is read before somebody wants the body. */
  private answer(head: ResponseHead, rest: Buffer): void {
    const framing = responseFraming(head, this.method);
    this.untilClose = framing === 'until_close';
    this.framing = readerOf(framing, head);
    if (head.status < 400 && head.status >= 300)
      this.headers = { location: LOCATION.exec(head.passedOn)?.[1] };
    if (rest.length > 0) this.rest = this.lent ? Buffer.from(rest) : rest;
    this.stream.pause();
    this.resolve(head.status);
  }

  private takeInvalidStatus(): void {
    const status = STATUS_LINE.exec(this.head.bytes.toString('latin1', 0, 13))?.[1];
    if (status !== undefined) this.resolve(Number(status));
  }

  private resolve(status: number): void {
    this.status = status;
    const waiter = this.headWaiter;
    this.headWaiter = null;
    waiter?.resolve(this);
  }

  private readBody(bytes: Buffer): void {
    const body = this.framing!;
    body.read(bytes, 0, this.keep);
    if (body.complete || this.size >= this.wanted) this.resolveBody();
  }

  private readonly keep = (piece: Buffer): void => {
    this.pieces.push(this.lent ? Buffer.from(piece) : piece);
    this.size += piece.length;
  };

  private resolveBody(): void {
    const waiter = this.bodyWaiter;
    this.bodyWaiter = null;
    this.stream.pause();
    waiter?.resolve(Buffer.concat(this.pieces).subarray(0, this.wanted));
  }

  private readonly onEnd = (): void => {
    this.ended = true;
    if (this.bodyWaiter && this.untilClose) this.resolveBody();
    else this.fail();
  };

  private readonly onError = (error: Error): void => {
    // Who closes a connection with something unread on it resets it: that may be the end of such a body as well.
    if (this.untilClose) this.onEnd();
    else this.fail(reasonOfHttpError(error), error);
  };

  /** `reason` is for an answer whose head has not come. */
  private fail(reason: FailureReason = 'HTTP Invalid Response', cause?: unknown): void {
    this.broken = !this.ended;
    const waiter = this.headWaiter ?? this.bodyWaiter;
    if (!waiter) return;
    const known = this.headWaiter ? reason : 'HTTP Invalid Response';
    this.headWaiter = null;
    this.bodyWaiter = null;
    waiter.reject(
      new ProbeFailure(this.cancellation.isCancelled ? 'HTTP timeout occurred' : known, { cause }),
    );
  }
}

function beginsAsAnswer(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, START.length);
  return bytes.toString('latin1', 0, length) === START.slice(0, length);
}

function readerOf(framing: ResponseFraming, { contentLength }: ResponseHead): BodyReader {
  if (framing === 'chunked') return new ChunkedReader(false, noTrailers);
  return new LengthReader(framing === 'none' ? 0 : (contentLength ?? Number.POSITIVE_INFINITY));
}
