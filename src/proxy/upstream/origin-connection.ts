import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { faultsOn } from '../../faults/under-faults.js';
import { realTime } from '../../net/clock.js';
import { endStream } from '../../net/stream-ends.js';
import type { OriginReads, OriginSocket } from '../../tunnel/egress/contract.js';
import {
  failureOfResponse,
  type OriginFailure,
  type UpstreamStream,
  type UpstreamUser,
} from '../exchange/contract.js';
import { type BodyReader, ChunkedReader, type ForwardPiece, LengthReader } from '../http/body.js';
import { noTrailers, responseTrailers } from '../http/fields.js';
import { HeadBuffer, hasTakenAll } from '../http/message-head.js';
import {
  originKeepsAlive,
  type ResponseFraming,
  type ResponseHead,
  readResponseHead,
  responseFraming,
} from '../http/response-head.js';
import { InvalidStatus, Malformed } from '../http/syntax.js';
import { type Deadlines, NEVER, type ProxyLimits, type ProxyTimeouts, type Waiting } from '../limits.js';
import { type OriginRequest, type OriginTarget, writeOriginRequest } from './origin-target.js';

/** What all connections to origins share. */
export interface OriginServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly deadlines: Deadlines;
  readonly log: Logger;
  readonly idle: { put(connection: OriginConnection): void; remove(connection: OriginConnection): void };
}

/** One connected socket to an origin: one request at a time, used again as long as both sides keep to the rules. */
export class OriginConnection implements UpstreamStream, Waiting {
  deadline = NEVER;
  /** Another request was answered on this connection before: the origin may close it at any moment. */
  reused = false;
  /** Whether the current response has begun, be it with one byte. */
  answered = false;
  private user: UpstreamUser | null = null;
  /** The request body came without the chunks that its head announces. */
  private chunking = false;
  /** The request has been written to its end. */
  private requestSent = false;
  private body: BodyReader | null = null;
  private framing: ResponseFraming = 'none';
  private keepAlive = false;
  /** The tunnel below is about to go, or its connector does not reach the origin: not to be used again. */
  private draining = false;
  private gone = false;
  private readonly head: HeadBuffer;
  private readonly reads: OriginReads | null;
  private readonly lends: boolean;
  private readonly forward: ForwardPiece = (piece) => this.user?.responsePiece(piece, this.lends);

  constructor(
    private readonly socket: Duplex,
    /** Where it leads. */
    readonly target: Pick<OriginTarget, 'key' | 'endpoint'>,
    /** When its way was chosen, see `IdleConnectionPool.invalidate`. */
    readonly generation: number,
    private readonly services: OriginServices,
  ) {
    this.head = new HeadBuffer(services.limits.headBytes);
    this.reads = (socket as Partial<OriginSocket>).reads ?? null;
    this.lends = this.reads?.lends ?? false;
    if (this.reads) this.reads.handTo(this.onData);
    else socket.on('data', this.onData);
    socket.on('drain', this.onDrain);
    socket.on('end', this.onEnd);
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
    socket.on('draining', this.onDraining);
    socket.on('connectorDoubtful', this.onConnectorDoubtful);
    services.deadlines.watch(this);
  }

  get faults(): readonly string[] {
    return faultsOn(this.socket);
  }

  begin(user: UpstreamUser, request: OriginRequest, body: readonly Buffer[]): boolean {
    this.user = user;
    this.answered = false;
    this.deadline = NEVER;
    this.requestSent = false;
    this.chunking = request.head.chunked && !user.framed;
    if (body.length === 0) return writeOriginRequest(this.socket, request);
    this.socket.cork();
    let flowing = writeOriginRequest(this.socket, request);
    for (const piece of body) flowing = this.send(piece);
    this.socket.uncork();
    return flowing;
  }

  send(piece: Buffer): boolean {
    const { socket } = this;
    // `write` returns false for every large piece; what counts is whether anything of it still waits.
    if (!this.chunking) return socket.write(piece) || hasTakenAll(socket);
    // An empty chunk would end the body.
    if (piece.length === 0) return !socket.writableNeedDrain;
    socket.cork();
    socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    socket.write(piece);
    const flowing = socket.write('\r\n', 'latin1');
    socket.uncork();
    return flowing;
  }

  finish(): void {
    if (this.chunking) this.socket.write('0\r\n\r\n', 'latin1');
    this.requestSent = true;
    this.awaitOrigin();
  }

  awaitOrigin(): void {
    if (this.body === null) this.deadline = this.services.deadlines.after(this.services.timeouts.originHead);
  }

  awaitClient(): void {
    if (this.body === null) this.deadline = NEVER;
  }

  pause(): void {
    if (this.reads) this.reads.held = true;
    this.socket.pause();
  }

  resume(): void {
    if (this.body !== null) this.deadline = this.bodyDeadline();
    if (this.reads) this.reads.held = false;
    this.socket.resume();
  }

  release(reusable: boolean): void {
    if (!reusable) {
      if (this.requestSent) this.end();
      else this.destroy();
      return;
    }
    this.reused = true;
    this.user = null;
    this.deadline = this.services.deadlines.after(this.services.timeouts.originIdle);
    this.socket.resume();
    this.services.idle.put(this);
  }

  /** Gives up what is under way. */
  destroy(): void {
    if (this.leave()) this.socket.destroy();
  }

  /** Nothing is under way: the origin sees an end, and no reset, unless it does not take what was sent. */
  end(): void {
    if (!this.leave()) return;
    const { socket } = this;
    endStream(socket);
    if (socket.destroyed) return;
    socket.once(
      'close',
      realTime.after(this.services.timeouts.linger, () => socket.destroy()),
    );
  }

  private leave(): boolean {
    if (this.gone) return false;
    this.gone = true;
    this.user = null;
    this.services.deadlines.forget(this);
    return true;
  }

  deadlineReached(): void {
    if (this.user === null) this.closeIdle();
    else this.fail(this.body === null ? 'head_timeout' : 'invalid_response', new Error('timed out'));
  }

  private readonly onData = (chunk: Buffer): void => {
    const user = this.user;
    // Nobody asked: these bytes could be taken for the answer to the next request.
    if (user === null) {
      this.closeIdle();
      return;
    }
    this.answered = true;
    try {
      this.read(user, chunk);
    } catch (error) {
      if (!(error instanceof Malformed || error instanceof InvalidStatus))
        this.services.log.error({ err: error, origin: this.target.key }, 'a response broke the proxy');
      this.fail(failureOfResponse(error), error as Error);
    }
  };

  private read(user: UpstreamUser, chunk: Buffer): void {
    let bytes = chunk;
    let start = 0;
    if (this.body === null) {
      start = this.readHeads(user, chunk);
      if (start < 0) return;
      bytes = this.head.bytes;
      this.head.clear();
    }
    const body = this.body!;
    const end = body.read(bytes, start, this.forward);
    if (this.user !== user) return;
    this.deadline = this.bodyDeadline();
    user.responseRead();
    if (body.complete) this.complete(user, end === bytes.length);
  }

  /** Reads interim heads and the final one; returns where the body begins in `head.bytes`, -1 when there is more to come. */
  private readHeads(user: UpstreamUser, chunk: Buffer): number {
    let next = chunk;
    for (;;) {
      const end = this.head.add(next);
      if (end < 0) {
        if (this.reads) this.head.own();
        return -1;
      }
      const head = readResponseHead(this.head.bytes, this.services.limits.fieldCount, end - 2);
      if (head.status >= 200) {
        this.startBody(user, head);
        return end;
      }
      const rest = this.head.bytes.subarray(end);
      this.head.clear();
      if (head.status === 101) {
        this.detach();
        user.originSwitches(head, this.socket, Buffer.from(rest));
        return -1;
      }
      if (head.status === 100) user.originContinues();
      else user.originInforms(head);
      // Each is a sign of life, unless it is the client's turn.
      if (this.deadline !== NEVER) this.awaitOrigin();
      if (rest.length === 0) return -1;
      next = rest;
    }
  }

  private startBody(user: UpstreamUser, head: ResponseHead): void {
    this.framing = responseFraming(head, user.method);
    this.keepAlive = originKeepsAlive(head);
    this.body = this.bodyReader(head, user);
    if (this.reads) this.reads.streaming = true;
    user.responseHead(head, this.framing);
  }

  private bodyReader(head: ResponseHead, user: UpstreamUser): BodyReader {
    switch (this.framing) {
      case 'none':
        return new LengthReader(0);
      case 'length':
        return new LengthReader(head.contentLength!);
      case 'chunked':
        return new ChunkedReader(user.framed, user.takesTrailers ? responseTrailers : noTrailers);
      case 'until_close':
        return new LengthReader(Number.POSITIVE_INFINITY);
    }
  }

  /** `clean`: the origin sent nothing behind the response, as far as it was read. */
  private complete(user: UpstreamUser, clean: boolean): void {
    const trailers = this.body instanceof ChunkedReader ? this.body.trailers : '';
    this.body = null;
    this.deadline = NEVER;
    if (this.reads) this.reads.streaming = false;
    // What arrived while the client made us wait would come out as the answer to the next request.
    const nothingBehind = clean && this.socket.readableLength === 0;
    user.responseComplete(nothingBehind && this.keepAlive && !this.draining && !this.gone, trailers);
  }

  private bodyDeadline(): number {
    return this.services.deadlines.after(this.services.timeouts.bodyIdle);
  }

  private readonly onDrain = (): void => {
    this.user?.originDrained();
  };

  private readonly onEnd = (): void => {
    if (this.user !== null && this.body !== null && this.framing === 'until_close') {
      this.keepAlive = false;
      this.complete(this.user, true);
    } else this.fail('invalid_response', new Error('the origin closed the connection'));
  };

  private readonly onDraining = (): void => {
    this.draining = true;
    if (this.user === null) this.closeIdle();
  };

  private readonly onConnectorDoubtful = (connector: string): void => {
    this.draining = true;
    if (this.user === null) this.closeIdle();
    else if (!this.answered) this.user.connectorDoubtful(connector);
  };

  private readonly onError = (error: Error): void => {
    this.fail('invalid_response', error);
  };

  private readonly onClose = (): void => {
    this.fail('invalid_response', new Error('the connection to the origin is gone'));
  };

  private fail(failure: OriginFailure, cause: Error): void {
    const user = this.user;
    if (user === null) {
      this.closeIdle();
      return;
    }
    this.destroy();
    user.originFailed(failure, cause);
  }

  private closeIdle(): void {
    if (this.gone) return;
    this.end();
    this.services.idle.remove(this);
  }

  /** Leaves the socket to somebody else. */
  private detach(): void {
    this.gone = true;
    this.user = null;
    this.services.deadlines.forget(this);
    this.reads?.handTo(null);
    this.socket.off('data', this.onData);
    this.socket.off('drain', this.onDrain);
    this.socket.off('end', this.onEnd);
    this.socket.off('error', this.onError);
    this.socket.off('close', this.onClose);
    this.socket.off('draining', this.onDraining);
    this.socket.off('connectorDoubtful', this.onConnectorDoubtful);
  }
}
