import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { resetStream, setTransport } from '../../net/stream-ends.js';
import type { RequestingClient } from '../exchange/contract.js';
import { Exchange } from '../exchange/exchange.js';
import { EDGE_ERRORS, type EdgeError, errorResponse, rayField, refusal } from '../exchange/own-answers.js';
import { type BodyReader, ChunkedReader, type ForwardPiece, LengthReader } from '../http/body.js';
import { requestTrailers } from '../http/fields.js';
import { EmptyLines, HeadBuffer } from '../http/message-head.js';
import { beginningOf, type RequestHead, readRequestHead } from '../http/request-head.js';
import { HeadTooLarge, Malformed } from '../http/syntax.js';
import { NEVER, type Waiting } from '../limits.js';
import { recordRefusal } from '../telemetry/request-record.js';
import type { DownstreamServices } from './clients.js';
import { type ClientTransport, type Resting, requestSender } from './clients.js';
import {
  Http1DownstreamStream,
  ownResponseBytes,
  type RequestConnection,
  type RequestEnd,
} from './http1-stream.js';
import { joinStreams, ReadAhead } from './joined-streams.js';

type State =
  /** Between requests, or inside a head. */
  | 'awaiting_head'
  /** One request is being forwarded; its body may still be coming in. */
  | 'exchanging'
  /** Bytes go both ways, unread by us. */
  | 'upgraded'
  /** Everything was said: only waits for the client to close. */
  | 'lingering';

/** Of what a client sends ahead of its turn: it is kept, and nothing more is read. */
const MAX_AHEAD_BYTES = 32 * 1024;

/** What was read together with a head and is no part of it may stay in memory with it, up to so much. */
const MAX_KEPT_BYTES = 2 * 1024;

/** One connection from a client: requests one after another, each answered before the next is read. */
export class ClientConnection implements ClientTransport, RequestConnection, Waiting {
  deadline: number;
  resting: Resting | null = null;
  private state: State = 'awaiting_head';
  private exchange: Exchange | null = null;
  /** The body of the current request; null when it has none or was read completely. */
  private body: BodyReader | null = null;
  /** Bytes behind the current request: the beginning of the next one. */
  private ahead: Buffer | null = null;
  private reading = false;
  /** The origin takes no more of the body for now. */
  private originFull = false;
  private readonly readAhead: ReadAhead;
  /** Whether a request has come. */
  private served = false;
  private readonly head: HeadBuffer;
  private readonly emptyLines = new EmptyLines();
  private readonly forward: ForwardPiece = (piece) => this.exchange?.bodyPiece(piece);

  constructor(
    readonly socket: Socket,
    readonly scheme: 'http' | 'https',
    readonly identity: RequestingClient,
    private readonly services: DownstreamServices,
    /** What carries the bytes: below TLS another one than `socket`. */
    tcp: Socket = socket,
  ) {
    if (tcp !== socket) setTransport(socket, tcp);
    this.head = new HeadBuffer(services.limits.headBytes);
    this.readAhead = new ReadAhead(socket);
    this.deadline = services.deadlines.after(services.timeouts.clientHead);
    services.deadlines.watch(this);
    socket.on('data', this.onData);
    socket.on('drain', this.onDrain);
    socket.on('end', this.onEnd);
    // `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
  }

  /** Closes now when no request is under way, otherwise after it. With `awaitFirst` a client that has sent none yet may still do so. */
  drain(awaitFirst = false): void {
    if (this.state !== 'awaiting_head' || !this.head.isEmpty) return;
    if (!awaitFirst || this.served) this.linger();
  }

  destroy(): void {
    if (this.exchange || this.state === 'upgraded') resetStream(this.socket);
    else this.socket.destroy();
  }

  closeIdle(): boolean {
    const idle = this.state === 'awaiting_head' && this.head.isEmpty && this.socket.writableLength === 0;
    if (idle) this.socket.destroy();
    return idle;
  }

  deadlineReached(): void {
    if (this.originFull) {
      this.deadline = this.services.deadlines.after(this.services.timeouts.clientLook);
      this.readAhead.look();
      return;
    }
    const betweenRequests = this.state === 'awaiting_head' && this.head.isEmpty;
    if (betweenRequests || this.state === 'lingering') this.socket.destroy();
    else if (this.exchange) this.exchange.refuse('client_timeout');
    else this.answerAndClose(EDGE_ERRORS.client_timeout);
  }

  // What the request under way asks for.

  get requestRead(): boolean {
    return this.body === null;
  }

  get draining(): boolean {
    return this.services.isDraining();
  }

  pauseBody(): void {
    if (this.body === null) return;
    this.originFull = true;
    this.deadline = this.services.deadlines.after(this.services.timeouts.clientLook);
    if (!this.readAhead.looking) this.socket.pause();
  }

  resumeBody(): void {
    if (this.body === null) return;
    this.originFull = false;
    this.readAhead.release();
    this.socket.resume();
    this.deadline = this.services.deadlines.after(this.services.timeouts.bodyIdle);
  }

  joinOrigin(origin: Duplex, rest: Buffer): void {
    const { socket, services, ahead } = this;
    this.state = 'upgraded';
    this.exchange = null;
    this.ahead = null;
    this.deadline = NEVER;
    socket.off('data', this.onData);
    socket.off('drain', this.onDrain);
    socket.off('end', this.onEnd);
    if (rest.length > 0) socket.write(rest);
    if (ahead !== null) origin.write(ahead);
    joinStreams(socket, origin, services.deadlines, {
      idleMs: services.timeouts.upgradedIdle,
      lookMs: services.timeouts.clientLook,
    });
  }

  requestEnded(end: RequestEnd): void {
    this.exchange = null;
    this.originFull = false;
    this.readAhead.release();
    if (end === 'abort') this.socket.destroy();
    else if (end === 'reset') resetStream(this.socket);
    else if (end === 'close') this.linger();
    else {
      this.state = 'awaiting_head';
      this.deadline = this.services.deadlines.after(this.services.timeouts.clientIdle);
      this.services.idleClients.rest(this);
      this.readOn();
    }
  }

  // What the socket tells.

  private readonly onData = (chunk: Buffer): void => {
    if (this.state === 'lingering') return;
    this.readAhead.took(chunk.length);
    const whole = this.ahead === null ? chunk : Buffer.concat([this.ahead, chunk]);
    this.ahead = null;
    this.read(whole);
  };

  private readonly onDrain = (): void => {
    if (this.exchange) this.exchange.clientDrained();
    else if (this.state === 'awaiting_head') this.readOn();
  };

  /** A client that ends its half during a request has given up: to everybody else the close of a socket looks the same. */
  private readonly onEnd = (): void => {
    if (this.exchange) this.socket.destroy();
    else this.linger();
  };

  private onClose(): void {
    this.services.deadlines.forget(this);
    this.readAhead.release();
    this.exchange?.cancel();
    this.exchange = null;
  }

  /** Goes on with what was read ahead. */
  private readOn(): void {
    if (this.reading) return;
    const { ahead } = this;
    this.ahead = null;
    if (ahead !== null) this.read(ahead);
    if (this.ahead === null) this.socket.resume();
  }

  private read(chunk: Buffer): void {
    this.reading = true;
    let rest: Buffer | null = chunk;
    try {
      while (rest !== null && this.mayRead()) {
        rest = this.body === null ? this.readHead(rest) : this.readBody(rest);
      }
    } catch (error) {
      rest = null;
      if (error instanceof Malformed) this.refuseMessage(error);
      else this.giveUp(error);
    }
    this.reading = false;
    if (rest !== null && this.state !== 'lingering') this.keepAhead(rest);
  }

  /** A mistake of ours costs one connection, and not the traffic of everybody else. */
  private giveUp(error: unknown): void {
    this.services.log.error({ err: error, client: this.identity.ip }, 'a request broke the proxy');
    this.socket.destroy();
  }

  private mayRead(): boolean {
    // A client that does not take its answers is not read either.
    if (this.state === 'awaiting_head') return !this.socket.writableNeedDrain;
    return this.state === 'exchanging' && this.body !== null;
  }

  private keepAhead(rest: Buffer): void {
    this.ahead = rest;
    if (rest.length > MAX_AHEAD_BYTES || this.exchange === null) this.socket.pause();
  }

  /** Returns what is behind the head; null when nothing is. */
  private readHead(chunk: Buffer): Buffer | null {
    const { head, services } = this;
    let bytes = chunk;
    if (head.isEmpty) {
      const skipped = this.emptyLines.skip(chunk);
      if (skipped === chunk.length) return null;
      bytes = chunk.subarray(skipped);
      services.idleClients.leave(this);
      this.deadline = services.deadlines.after(services.timeouts.clientHead);
    }
    const end = head.add(bytes);
    if (end < 0) return null;
    const { fieldCount } = services.limits;
    // The request lives as long as it is served, and shall not keep the beginning of a long body for that time.
    const read =
      head.bytes.length - end > MAX_KEPT_BYTES ? Buffer.from(head.bytes.subarray(0, end)) : head.bytes;
    const request = readRequestHead(read, fieldCount, services.healthPath, end - 2);
    const rest = end < head.bytes.length ? head.bytes.subarray(end) : null;
    head.clear();
    this.startExchange(request);
    return rest;
  }

  private startExchange(request: RequestHead): void {
    this.state = 'exchanging';
    this.served = true;
    this.body = bodyReader(request);
    this.deadline = NEVER;
    const { services } = this;
    const downstream = new Http1DownstreamStream(
      this,
      request,
      requestSender(this, request, services.trustedProxies),
    );
    this.exchange = new Exchange(services, downstream, request);
    this.exchange.start();
  }

  private readBody(chunk: Buffer): Buffer | null {
    const body = this.body!;
    this.deadline = this.services.deadlines.after(this.services.timeouts.bodyIdle);
    const end = body.read(chunk, 0, this.forward);
    if (!body.complete || this.state !== 'exchanging') return null;
    this.body = null;
    this.originFull = false;
    this.deadline = NEVER;
    // Paused for the sake of the body: from now on what is read is the sign that the client is still there.
    this.socket.resume();
    this.exchange?.bodyComplete();
    return end < chunk.length ? chunk.subarray(end) : null;
  }

  private refuseMessage(malformed: Malformed): void {
    const error = refusal(malformed.status, malformed.message);
    if (this.exchange) {
      this.exchange.refuse(error);
      return;
    }
    const ray = this.services.nextRay();
    if (malformed instanceof HeadTooLarge) {
      const beginning = beginningOf(this.head.bytes.toString('latin1'));
      recordRefusal(this.services, ray, this.identity.ip, beginning, error);
    }
    this.answerAndClose(error, ray);
  }

  private answerAndClose(error: EdgeError, ray = this.services.nextRay()): void {
    this.socket.write(closingResponse(error, ray));
    this.linger();
  }

  /** Ends our half and reads on for a moment: closing with unread bytes would destroy the answer on its way. */
  private linger(): void {
    this.state = 'lingering';
    this.body = null;
    this.ahead = null;
    this.head.clear();
    const { deadlines, timeouts } = this.services;
    this.deadline = deadlines.after(timeouts.bodyIdle);
    this.socket.end(() => {
      this.deadline = deadlines.after(timeouts.linger);
    });
    this.socket.resume();
  }
}

function bodyReader({ chunked, contentLength }: RequestHead): BodyReader | null {
  if (chunked) return new ChunkedReader(true, requestTrailers);
  return contentLength ? new LengthReader(contentLength) : null;
}

/** The answer to what is no request: the connection ends with it. */
export function closingResponse(error: EdgeError, ray: string): Buffer {
  const side = { closes: true, minorVersion: 1 } as const;
  return ownResponseBytes(errorResponse(error, ray), rayField(ray), '', side);
}
