import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BodyReader, ForwardPiece } from './body/body-reader.js';
import { ChunkedReader } from './body/chunked-reader.js';
import { LengthReader } from './body/length-reader.js';
import { clientOf } from './client-identity.js';
import { NEVER, type Waiting } from './deadlines.js';
import { EDGE_ERRORS, type EdgeError, errorResponse, refusal } from './errors.js';
import { Exchange } from './exchange.js';
import { rayField } from './forward-headers.js';
import { HeadBuffer } from './head/head-buffer.js';
import { Malformed } from './head/malformed.js';
import { type RequestHead, readRequestHead } from './head/request-head.js';
import { requestTrailers } from './head/trailers.js';
import { Http1Requester, type RequestConnection, type RequestEnd } from './http1-requester.js';
import { ownResponseBytes } from './http1-response.js';
import type { Client } from './requester.js';
import type { ProxyServices } from './services.js';
import { joinStreams } from './upgrade.js';

type State =
  /** Between requests, or inside a head. */
  | 'awaiting_head'
  /** One request is being forwarded; its body may still be coming in. */
  | 'exchanging'
  /** Bytes go both ways, unread by us. */
  | 'upgraded'
  /** Everything was said: only waits for the client to close. */
  | 'lingering';

/** One connection from a client: requests one after another, each answered before the next is read. */
export class ClientConnection implements RequestConnection, Waiting {
  deadline: number;
  readonly identity: Client;
  private state: State = 'awaiting_head';
  private exchange: Exchange | null = null;
  /** The body of the current request; null when it has none or was read completely. */
  private body: BodyReader | null = null;
  /** Bytes behind the current request: the beginning of the next one. */
  private ahead: Buffer | null = null;
  private reading = false;
  /** Whether a request has come. */
  private served = false;
  private readonly head: HeadBuffer;
  private readonly forward: ForwardPiece = (piece) => this.exchange?.bodyPiece(piece);

  constructor(
    readonly socket: Socket,
    readonly scheme: 'http' | 'https',
    private readonly services: ProxyServices,
    /** What carries the bytes: below TLS another one than `socket`. */
    private readonly tcp: Socket = socket,
  ) {
    this.head = new HeadBuffer(services.limits.headBytes);
    this.identity = clientOf(socket);
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
    if (this.exchange) this.reset();
    else this.socket.destroy();
  }

  deadlineReached(): void {
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
    this.socket.pause();
    this.deadline = NEVER;
  }

  resumeBody(): void {
    if (this.body === null) return;
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
    joinStreams(socket, origin, services.deadlines, services.timeouts.upgradedIdle);
  }

  requestEnded(end: RequestEnd): void {
    this.exchange = null;
    if (end === 'abort') this.socket.destroy();
    else if (end === 'reset') this.reset();
    else if (end === 'close') this.linger();
    else {
      this.state = 'awaiting_head';
      this.deadline = this.services.deadlines.after(this.services.timeouts.clientIdle);
      this.readOn();
    }
  }

  /** For a response that its close would end as if it were whole: TLS says goodbye even when it is cut off. */
  private reset(): void {
    this.tcp.resetAndDestroy();
    this.socket.destroy();
  }

  // What the socket tells.

  private readonly onData = (chunk: Buffer): void => {
    if (this.state === 'lingering') return;
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
    if (rest.length > this.services.limits.headBytes || this.exchange === null) this.socket.pause();
  }

  /** Returns what is behind the head; null when nothing is. */
  private readHead(chunk: Buffer): Buffer | null {
    const { head, services } = this;
    if (head.isEmpty) this.deadline = services.deadlines.after(services.timeouts.clientHead);
    const end = head.add(chunk);
    if (end < 0) return null;
    const request = readRequestHead(head.bytes.toString('latin1', 0, end - 2), services.limits.fieldCount);
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
    this.exchange = new Exchange(this.services, new Http1Requester(this, request), request);
    this.exchange.start();
  }

  private readBody(chunk: Buffer): Buffer | null {
    const body = this.body!;
    this.deadline = this.services.deadlines.after(this.services.timeouts.bodyIdle);
    const end = body.read(chunk, 0, this.forward);
    if (!body.complete || this.state !== 'exchanging') return null;
    this.body = null;
    this.deadline = NEVER;
    this.exchange?.bodyComplete();
    return end < chunk.length ? chunk.subarray(end) : null;
  }

  private refuseMessage({ status, message }: Malformed): void {
    const error = refusal(status, message);
    if (this.exchange) this.exchange.refuse(error);
    else this.answerAndClose(error);
  }

  private answerAndClose(error: EdgeError): void {
    const ray = this.services.nextRay();
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
