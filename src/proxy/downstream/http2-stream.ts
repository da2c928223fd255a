import {
  constants,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { DownstreamStream, OwnResponse, RequestingClient } from '../exchange/contract.js';
import type { Exchange } from '../exchange/exchange.js';
import { refusal } from '../exchange/own-answers.js';
import { headersFrom } from '../http/http2-fields.js';
import type { RequestHead } from '../http/request-head.js';
import type { ResponseFraming, ResponseHead } from '../http/response-head.js';
import { type Deadlines, NEVER, type Waiting } from '../limits.js';

export interface Http2DownstreamStreamOptions {
  readonly stream: ServerHttp2Stream;
  readonly identity: RequestingClient;
  readonly scheme: 'http' | 'https';
  /** Of a request that cannot be understood, as far as it can be. */
  readonly request: Pick<RequestHead, 'method' | 'chunked' | 'contentLength'>;
  readonly deadlines: Deadlines;
  /** Milliseconds without a byte moving. */
  readonly idleMs: number;
  /** The stream does not end: neither does its session work any more. */
  readonly breakSession: () => void;
}

/** One stream of a client: reads the body of its request, and writes the response with as few frames as it can. */
export class Http2DownstreamStream implements DownstreamStream, Waiting {
  readonly version = 'HTTP/2';
  readonly framed = false;
  readonly takesTrailers = true;
  readonly identity: RequestingClient;
  readonly scheme: 'http' | 'https';
  started = false;
  /** Our side has said all it had to say. */
  ended = false;
  deadline = NEVER;
  private readonly stream: ServerHttp2Stream;
  private exchange: Exchange | null = null;
  /** More of the request body may come. */
  private bodyOpen: boolean;
  private bodyBytes = 0;
  /** Held until it is known whether a body follows. */
  private held: OutgoingHttpHeaders | null = null;
  private bodiless = false;
  private mayTrail = false;
  private trailers = '';

  constructor(private readonly options: Http2DownstreamStreamOptions) {
    const { stream, request } = options;
    this.stream = stream;
    this.identity = options.identity;
    this.scheme = options.scheme;
    this.bodyOpen = request.chunked || (request.contentLength ?? 0) > 0;
    options.deadlines.watch(this);
    this.listen();
  }

  /** What the stream brings goes to the exchange; must follow at once. */
  start(exchange: Exchange): void {
    this.exchange = exchange;
    exchange.start();
  }

  private listen(): void {
    const { stream } = this;
    if (this.bodyOpen) {
      this.deadline = this.soon();
      stream.on('data', (piece: Buffer) => this.bodyPiece(piece));
      stream.on('end', () => this.bodyEnd());
    } else stream.resume();
    stream.on('drain', () => this.exchange?.clientDrained());
    stream.once('wantTrailers', () => this.sendTrailers());
    stream.once('finish', () => {
      // The rest of a request that has been answered is of no use to anybody.
      if (this.bodyOpen) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  /** The stream is gone. */
  closed(): void {
    this.options.deadlines.forget(this);
    if (!this.ended) this.exchange?.cancel();
    this.ended = true;
    this.exchange = null;
  }

  deadlineReached(): void {
    if (!this.ended) this.exchange?.refuse('client_timeout');
    // A session that was given up for an error of its peer's lets streams wait for ever.
    else if (this.stream.closed) this.options.breakSession();
    else {
      this.stream.close(constants.NGHTTP2_CANCEL);
      this.deadline = this.soon();
    }
  }

  pauseBody(): void {
    if (!this.bodyOpen) return;
    this.stream.pause();
    this.deadline = NEVER;
  }

  resumeBody(): void {
    if (!this.bodyOpen) return;
    this.stream.resume();
    this.deadline = this.soon();
  }

  continue100(): void {
    if (this.stream.headersSent || this.gone) return;
    this.stream.additionalHeaders({ ':status': 100 });
  }

  inform({ status, passedOn }: ResponseHead): void {
    if (this.stream.headersSent || this.gone) return;
    const headers = headersFrom(passedOn);
    headers[':status'] = status;
    try {
      this.stream.additionalHeaders(headers);
    } catch {
      // It has fields that HTTP/2 cannot carry, and is advice alone.
    }
  }

  respond(head: ResponseHead, framing: ResponseFraming, fields: string): void {
    const headers = headersFrom(head.passedOn + fields);
    headers[':status'] = head.status;
    // What has no content has no length either; that of HEAD and 304 is another response's.
    const empty = head.status === 204 || head.status === 205;
    if (head.contentLength !== null && !empty) headers['content-length'] = head.contentLength;
    this.bodiless = empty || framing === 'none' || (framing === 'length' && head.contentLength === 0);
    this.mayTrail = framing === 'chunked';
    this.held = headers;
  }

  piece(piece: Buffer, lent: boolean): boolean {
    this.flush();
    if (this.bodiless || !this.stream.writable) return true;
    return this.stream.write(lent ? Buffer.from(piece) : piece);
  }

  flush(): void {
    const { held } = this;
    if (held === null) return;
    this.held = null;
    this.sendHead(held, { endStream: this.bodiless, waitForTrailers: this.mayTrail && !this.bodiless });
  }

  complete(trailers: string): void {
    this.flush();
    this.trailers = trailers;
    this.end();
    this.stream.end();
  }

  answer({ status, fields: ownFields, body }: OwnResponse, fields: string): void {
    const { stream } = this;
    this.end();
    const content = Buffer.from(body);
    const headers = headersFrom(ownFields + fields);
    headers[':status'] = status;
    const endStream = content.length === 0 || this.options.request.method === 'HEAD';
    if (content.length > 0) headers['content-length'] = content.length;
    this.sendHead(headers, { endStream });
    if (endStream) stream.end();
    else stream.end(content);
  }

  /** Never asked for: the Upgrade field is refused in HTTP/2. */
  switchProtocols(_head: ResponseHead, _fields: string, origin: Duplex): void {
    origin.destroy();
    this.abort();
  }

  abort(): void {
    this.end();
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  private bodyPiece(piece: Buffer): void {
    this.bodyBytes += piece.length;
    if (this.ended) return;
    this.deadline = this.soon();
    this.exchange?.bodyPiece(piece);
  }

  private bodyEnd(): void {
    const { contentLength } = this.options.request;
    // A stream that was reset ends as well.
    if (this.stream.rstCode !== constants.NGHTTP2_NO_ERROR || this.stream.aborted) return;
    if (contentLength !== null && contentLength !== this.bodyBytes) {
      const said = `Content-Length is ${contentLength}, but the body has ${this.bodyBytes} bytes`;
      this.exchange?.refuse(refusal(400, said));
      return;
    }
    this.bodyOpen = false;
    if (this.ended) return;
    this.deadline = NEVER;
    this.exchange?.bodyComplete();
  }

  private sendTrailers(): void {
    if (!this.gone) this.stream.sendTrailers(headersFrom(this.trailers));
  }

  /** Nothing can be sent any more, though `close` may not have been told yet. */
  private get gone(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  private sendHead(headers: OutgoingHttpHeaders, options: ServerStreamResponseOptions): void {
    this.started = true;
    if (this.gone) return;
    try {
      this.stream.respond(headers, options);
    } catch {
      // Fields that HTTP/2 cannot carry: whatever they are, they end this stream and nothing else.
      this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  }

  /** What is written must still be read by the client, in time. */
  private end(): void {
    this.ended = true;
    this.exchange = null;
    this.held = null;
    this.deadline = this.soon();
    // Lets what still comes of the body pass by.
    this.stream.resume();
  }

  private soon(): number {
    return this.options.deadlines.after(this.options.idleMs);
  }
}
