import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { type Deadlines, NEVER, type Waiting } from '../deadlines.js';
import type { OriginFailure } from '../errors.js';
import { Malformed } from '../head/malformed.js';
import { type ResponseHead, readResponseHead } from '../head/response-head.js';
import { responseTrailers } from '../head/trailers.js';
import type { OriginRequest, Responder, ResponderUser } from '../responder.js';
import { fieldLines, headersFrom } from './field-lines.js';

export interface Http2ResponderOptions {
  readonly session: ClientHttp2Session;
  readonly tls: boolean;
  readonly reused: boolean;
  readonly fieldCount: number;
  readonly deadlines: Deadlines;
  /** Milliseconds in which the origin may keep silent. */
  readonly silenceMs: number;
  /** Milliseconds in which a stream that is no longer wanted must be gone. */
  readonly closeMs: number;
  /** The stream does not end: neither does its session work any more. */
  readonly breakSession: () => void;
  /** The stream is over, whatever became of it. */
  readonly closed: () => void;
}

/** One stream of a session with an origin. */
export class Http2Responder implements Responder, Waiting {
  readonly reused: boolean;
  answered = false;
  deadline = NEVER;
  private user: ResponderUser | null = null;
  private stream: ClientHttp2Stream | null = null;
  private inBody = false;
  private trailers = '';
  private over = false;

  constructor(private readonly options: Http2ResponderOptions) {
    this.reused = options.reused;
    options.deadlines.watch(this);
  }

  begin(user: ResponderUser, request: OriginRequest, body: readonly Buffer[]): boolean {
    this.user = user;
    const { head } = request;
    const endStream = !head.chunked && !head.contentLength;
    try {
      this.stream = this.options.session.request(this.headersOf(request), { endStream });
    } catch (error) {
      // The session ended since it was chosen.
      setImmediate(() => this.gone('refused', error as Error));
      return true;
    }
    this.listen(this.stream);
    let flowing = true;
    for (const piece of body) flowing = this.stream.write(piece);
    return flowing;
  }

  private headersOf({ head, host, fields }: OriginRequest): OutgoingHttpHeaders {
    const headers = headersFrom(fields);
    headers[':method'] = head.method;
    headers[':scheme'] = this.options.tls ? 'https' : 'http';
    headers[':authority'] = host;
    headers[':path'] = head.target;
    return headers;
  }

  private listen(stream: ClientHttp2Stream): void {
    stream.on('continue', () => this.user?.originContinues());
    stream.on('response', ((_headers: unknown, flags: number, raw: readonly string[]) =>
      this.responseHead(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)) as never);
    stream.on('trailers', ((_headers: unknown, _flags: number, raw: readonly string[]) =>
      this.responseTrailers(raw)) as never);
    stream.on('drain', () => this.user?.originDrained());
    // `close` follows.
    stream.on('error', () => {});
    stream.on('close', () => {
      const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      this.gone(
        refused ? 'refused' : 'invalid_response',
        new Error(`the stream ended with ${stream.rstCode}`),
      );
    });
  }

  send(piece: Buffer): boolean {
    const { stream } = this;
    return stream?.writable ? stream.write(piece) : true;
  }

  finish(): void {
    if (this.stream?.writable) this.stream.end();
    this.awaitOrigin();
  }

  awaitOrigin(): void {
    if (!this.inBody) this.deadline = this.soon();
  }

  awaitClient(): void {
    if (!this.inBody) this.deadline = NEVER;
  }

  pause(): void {
    if (this.inBody) this.stream?.pause();
  }

  resume(): void {
    if (!this.inBody) return;
    this.deadline = this.soon();
    this.stream?.resume();
  }

  release(reusable: boolean): void {
    this.leave();
    // Of a request that the origin has answered before its end, nothing more is sent.
    if (!reusable) this.stream?.close(constants.NGHTTP2_NO_ERROR);
  }

  destroy(): void {
    this.leave();
    if (this.stream === null) this.gone('invalid_response', new Error('given up'));
    else this.stream.close(constants.NGHTTP2_CANCEL);
  }

  deadlineReached(): void {
    // A session that was given up for an error of its peer's lets streams wait for ever.
    if (this.user === null) this.options.breakSession();
    else this.fail(this.inBody ? 'invalid_response' : 'head_timeout', new Error('timed out'));
  }

  private responseHead(raw: readonly string[], ends: boolean): void {
    this.answered = true;
    const head = this.read(() => readHead(raw, this.options.fieldCount));
    if (head === null) return;
    this.inBody = true;
    this.deadline = this.soon();
    this.user?.responseHead(head, ends ? 'none' : 'chunked');
    this.readBody(this.stream!);
    // A head is news by itself: the first message of a stream may be long in coming.
    if (!ends) this.user?.responseRead();
  }

  /** Only now: what came together with the head would be told before it. */
  private readBody(stream: ClientHttp2Stream): void {
    stream.on('data', (piece: Buffer) => this.responsePiece(piece));
    stream.on('end', () => {
      // A stream that was reset ends as well.
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR) this.responseEnd();
    });
  }

  private responsePiece(piece: Buffer): void {
    this.deadline = this.soon();
    this.user?.responsePiece(piece);
  }

  private responseTrailers(raw: readonly string[]): void {
    const trailers = this.read(() => responseTrailers(fieldLines(raw)));
    if (trailers !== null) this.trailers = trailers;
  }

  private responseEnd(): void {
    const { user } = this;
    this.leave();
    user?.responseComplete(true, this.trailers);
  }

  /** Nobody waits for the stream any more. */
  private leave(): void {
    this.user = null;
    this.deadline = this.over ? NEVER : this.options.deadlines.after(this.options.closeMs);
  }

  /** Null when it could not be read; the user has been told then. */
  private read<T>(parse: () => T): T | null {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.fail('invalid_response', error);
      return null;
    }
  }

  private fail(failure: OriginFailure, cause: Error): void {
    const { user } = this;
    this.destroy();
    user?.originFailed(failure, cause);
  }

  /** The stream is no more; the user hears of it unless it has all it wanted. */
  private gone(failure: OriginFailure, cause: Error): void {
    if (this.over) return;
    this.over = true;
    const { user } = this;
    this.user = null;
    this.deadline = NEVER;
    this.options.deadlines.forget(this);
    this.options.closed();
    user?.originFailed(failure, cause);
  }

  private soon(): number {
    return this.options.deadlines.after(this.options.silenceMs);
  }
}

/** By the parser of HTTP/1.1 responses, so that one set of rules decides what goes on. */
function readHead(raw: readonly string[], fieldCount: number): ResponseHead {
  const status = raw[raw.indexOf(':status') + 1] ?? '';
  if (!/^[1-9]\d\d$/.test(status)) throw new Malformed(400, 'the :status is not three digits');
  return readResponseHead(`HTTP/1.1 ${status} \r\n${fieldLines(raw)}`, fieldCount);
}
