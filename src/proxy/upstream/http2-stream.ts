import { constants } from 'node:http2';
import { DialError, type RequestStream } from '../../tunnel/egress/contract.js';
import {
  failureOfResponse,
  type OriginFailure,
  OriginFault,
  type UpstreamStream,
  type UpstreamUser,
} from '../exchange/contract.js';
import { ChunkedReader } from '../http/body.js';
import { noTrailers, responseTrailers } from '../http/fields.js';
import { fieldLines } from '../http/http2-fields.js';
import { wantsWebSocket } from '../http/request-head.js';
import { InvalidStatus, Malformed } from '../http/syntax.js';
import { type Deadlines, NEVER, type Waiting } from '../limits.js';
import { type Http2Dialect, type Http2ResponseBody, http2ResponseBody } from './http2-dialect.js';
import type { OriginRequest } from './origin-target.js';

/** After so long without a response it is looked whether the session still lives, while the request waits on. */
const SUSPECT_AFTER_MS = 1_000;

export interface Http2UpstreamStreamOptions extends Http2Dialect {
  readonly reused: boolean;
  readonly deadlines: Deadlines;
  /** Milliseconds in which a stream that is no longer wanted must be gone. */
  readonly closeMs: number;
}

/** One stream of a session with an origin. */
export class Http2UpstreamStream implements UpstreamStream, Waiting {
  readonly reused: boolean;
  answered = false;
  deadline = NEVER;
  private user: UpstreamUser | null = null;
  private request: OriginRequest | null = null;
  private stream: RequestStream | null = null;
  private body: Http2ResponseBody | null = null;
  /** Takes the framing off the pieces of a chunked request. */
  private unframe: ChunkedReader | null = null;
  private trailers = '';
  /** Whether the deadline is only the moment for `suspect`. */
  private suspectsFirst = false;
  private over = false;

  constructor(private readonly options: Http2UpstreamStreamOptions) {
    this.reused = options.reused;
    options.deadlines.watch(this);
  }

  get faults(): readonly string[] {
    return this.options.faults();
  }

  begin(user: UpstreamUser, request: OriginRequest, body: readonly Buffer[]): boolean {
    this.user = user;
    this.request = request;
    const { head } = request;
    if (head.chunked && user.framed) this.unframe = new ChunkedReader(false, noTrailers);
    const endStream = !head.chunked && !head.contentLength && !wantsWebSocket(head);
    try {
      this.stream = this.options.open(request, endStream, (reason) => this.lost(reason));
    } catch (error) {
      // It became impossible after the session was chosen.
      setImmediate(() => this.gone(this.options.failedToOpen(error), () => error as Error));
      return true;
    }
    this.listen(this.stream);
    if (this.options.continuesAtOnce) user.originContinues();
    let flowing = true;
    for (const piece of body) flowing = this.send(piece);
    return flowing;
  }

  private listen(stream: RequestStream): void {
    stream.on('continue', () => this.user?.originContinues());
    stream.on('headers', (_headers: unknown, _flags: number, raw: readonly string[]) => this.interim(raw));
    stream.on('response', (_headers: unknown, flags: number, raw: readonly string[]) =>
      this.responseHead(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0),
    );
    stream.on('trailers', (_headers: unknown, _flags: number, raw: readonly string[]) =>
      this.responseTrailers(raw),
    );
    stream.on('drain', () => this.user?.originDrained());
    let cause: Error | undefined;
    // `close` follows.
    stream.on('error', (error: Error) => {
      cause = error;
    });
    stream.on('close', () => {
      const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      const failure = this.answered ? 'invalid_response' : this.options.endedUnanswered;
      this.gone(
        refused ? 'refused' : failure,
        () => cause ?? new Error(`the stream ended with ${stream.rstCode}`),
      );
    });
  }

  send(piece: Buffer): boolean {
    const { stream, unframe } = this;
    if (!stream?.writable) return true;
    if (unframe === null) return stream.write(piece);
    let flowing = !stream.writableNeedDrain;
    unframe.read(piece, 0, (data) => {
      flowing = stream.write(data);
    });
    return flowing;
  }

  finish(): void {
    const { stream, request } = this;
    // What may become a WebSocket goes on in both directions.
    if (stream?.writable && !wantsWebSocket(request!.head)) stream.end();
    this.awaitOrigin();
  }

  awaitOrigin(): void {
    if (this.body !== null) return;
    this.suspectsFirst = this.options.silenceMs(this.request!.head).beforeHead > SUSPECT_AFTER_MS;
    this.deadline = this.suspectsFirst ? this.options.deadlines.after(SUSPECT_AFTER_MS) : this.soon();
  }

  awaitClient(): void {
    if (this.body === null) this.deadline = NEVER;
  }

  pause(): void {
    if (this.body !== null) this.stream?.pause();
  }

  resume(): void {
    if (this.body === null) return;
    this.deadline = this.soon();
    this.stream?.resume();
  }

  release(reusable: boolean): void {
    this.leave();
    // Of a request that the origin has answered before its end, nothing more is sent.
    if (!reusable || this.stream?.writable) this.stream?.close(constants.NGHTTP2_NO_ERROR);
  }

  destroy(): void {
    this.leave();
    if (this.stream === null) this.gone('invalid_response', () => new Error('given up'));
    else this.stream.close(constants.NGHTTP2_CANCEL);
  }

  deadlineReached(): void {
    // A session that was given up for an error of its peer's lets streams wait for ever.
    if (this.user === null) {
      this.options.breakSession();
      return;
    }
    if (this.body === null) this.options.suspect();
    if (this.body === null && this.suspectsFirst) {
      this.suspectsFirst = false;
      this.deadline = this.soon() - SUSPECT_AFTER_MS;
      return;
    }
    this.fail(this.body === null ? 'head_timeout' : 'invalid_response', new Error('timed out'));
  }

  private interim(raw: readonly string[]): void {
    if (this.user === null) return;
    this.try(() => {
      const head = this.options.readHead(raw, this.request!);
      // 100 is told as `continue`.
      if (head.status > 101) this.user!.originInforms(head);
      if (this.deadline !== NEVER) this.awaitOrigin();
    });
  }

  private responseHead(raw: readonly string[], ends: boolean): void {
    if (this.user === null) return;
    this.answered = true;
    const { user, stream, request } = this;
    this.try(() => {
      const head = this.options.readHead(raw, request!);
      if (head.status === 101) {
        this.user = null;
        this.deadline = NEVER;
        user.originSwitches(head, this.options.upgraded?.() ?? stream!, Buffer.alloc(0));
        return;
      }
      this.body = http2ResponseBody(user, head, ends, request!.head.grpc);
      this.deadline = this.soon();
      user.responseHead(head, this.body.framing);
      this.readBody(stream!, this.body);
      // A head is news by itself: the first message of a stream may be long in coming. What came with it goes out with it.
      if (!ends) setImmediate(() => this.user?.responseRead());
    });
  }

  /** Only now: what came together with the head would be told before it. */
  private readBody(stream: RequestStream, body: Http2ResponseBody): void {
    stream.on('data', (piece: Buffer) => {
      if (this.user === null) return;
      this.deadline = this.soon();
      this.try(() => body.piece(piece));
    });
    stream.on('end', () => {
      // A stream that was reset ends as well.
      if (stream.rstCode || this.user === null) return;
      this.try(() => {
        body.end(this.trailers);
        this.responseEnd();
      });
    });
  }

  private responseTrailers(raw: readonly string[]): void {
    this.try(() => {
      this.trailers = responseTrailers(fieldLines(raw));
    });
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

  /** What cannot be understood ends the attempt, and nothing else. */
  private try(read: () => void): void {
    try {
      read();
    } catch (error) {
      const unreadable =
        error instanceof OriginFault || error instanceof Malformed || error instanceof InvalidStatus;
      if (!unreadable) throw error;
      this.fail(failureOfResponse(error), error);
    }
  }

  private fail(failure: OriginFailure, cause: Error): void {
    const { user } = this;
    this.destroy();
    user?.originFailed(failure, cause);
  }

  private lost(reason: string): void {
    this.gone('invalid_response', () => new DialError('reset', `the tunnel connection was lost: ${reason}`));
  }

  /** The stream is no more; the user hears of it unless it has all it wanted. */
  private gone(failure: OriginFailure, cause: () => Error): void {
    if (this.over) return;
    this.over = true;
    const { user } = this;
    this.user = null;
    this.deadline = NEVER;
    this.options.deadlines.forget(this);
    this.options.closed();
    user?.originFailed(failure, cause());
  }

  private soon(): number {
    const { deadlines, silenceMs } = this.options;
    const { beforeHead, inBody } = silenceMs(this.request!.head);
    return deadlines.after(this.body === null ? beforeHead : inBody);
  }
}
