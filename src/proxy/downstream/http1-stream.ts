import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isShared } from '../../tunnel/egress/lent-reads.js';
import type { DownstreamStream, OwnResponse, RequestingClient } from '../exchange/contract.js';
import { hasTakenAll, writeMessage } from '../http/message-head.js';
import { keepsAlive, type RequestHead } from '../http/request-head.js';
import type { ResponseFraming, ResponseHead } from '../http/response-head.js';

/**
 * What happens to the client's connection after a response. `abort`: it could not be completed. `reset`: neither, and a
 * plain close would say that it was.
 */
export type RequestEnd = 'keep_alive' | 'close' | 'abort' | 'reset';

/** The connection that a request came on. */
export interface RequestConnection {
  readonly socket: Socket;
  /** The last byte of the request was read. */
  readonly requestRead: boolean;
  /** No response may promise to keep the connection any more. */
  readonly draining: boolean;
  pauseBody(): void;
  resumeBody(): void;
  joinOrigin(origin: Duplex, rest: Buffer): void;
  requestEnded(end: RequestEnd): void;
}

/** A first piece of this size is most often followed by others in the same turn. */
const LARGE_PIECE = 8 * 1024;
/** Of one turn, before it is over. */
const GATHERED_BYTES = 256 * 1024;

/** Writes one response in HTTP/1.1 with as few system calls as its size allows, and says when the connection must end. */
export class Http1DownstreamStream implements DownstreamStream {
  readonly identity: RequestingClient;
  readonly scheme: 'http' | 'https';
  started = false;
  readonly framed: boolean;
  readonly takesTrailers: boolean;
  /** The head, held until it can go out together with the first bytes of the body, in the same turn. */
  private heldHead: ResponseHead | null = null;
  /** What it ends with. */
  private headEnd = '';
  /** The response said that the connection ends with it. */
  private closes = false;
  /** Nothing but the close tells the client where the response ends. */
  private untilClose = false;

  constructor(
    private readonly connection: RequestConnection,
    private readonly request: RequestHead,
    { identity, scheme }: Pick<DownstreamStream, 'identity' | 'scheme'>,
  ) {
    this.identity = identity;
    this.scheme = scheme;
    this.framed = request.minorVersion === 1;
    this.takesTrailers = request.takesTrailers;
  }

  get version(): 'HTTP/1.0' | 'HTTP/1.1' {
    return this.request.minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
  }

  pauseBody(): void {
    this.connection.pauseBody();
  }

  resumeBody(): void {
    this.connection.resumeBody();
  }

  continue100(): void {
    this.connection.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
  }

  inform(head: ResponseHead): void {
    const { socket } = this.connection;
    // HTTP/1.0 knows no interim responses, and a client that does not read shall not be made to buffer them.
    if (this.request.minorVersion === 0 || socket.writableNeedDrain) return;
    socket.write(interimText(head), 'latin1');
  }

  respond(head: ResponseHead, framing: ResponseFraming, fields: string): void {
    this.untilClose = framing === 'until_close' || (framing === 'chunked' && !this.framed);
    this.closes = this.untilClose || this.mustClose();
    const { minorVersion } = this.request;
    this.heldHead = head;
    this.headEnd = responseHeadEnd(head, framing, fields, { closes: this.closes, minorVersion });
  }

  piece(piece: Buffer, lent: boolean): boolean {
    const { socket } = this.connection;
    const { heldHead } = this;
    if (heldHead !== null) {
      this.started = true;
      this.heldHead = null;
      if (!lent && piece.length >= LARGE_PIECE) this.gatherWrites(socket);
      const written = writeMessage(socket, statusLine(heldHead), heldHead, this.headEnd, piece);
      if (written !== null) return written || keepsUp(socket);
      this.writeHead(heldHead);
    }
    if (lent) return writeLent(socket, piece);
    this.gatherWrites(socket);
    return socket.write(piece) || keepsUp(socket);
  }

  /**
   * What one turn of the event loop brings goes out at once: through a tunnel it comes in pieces of 16 KiB. What a client has not
   * taken when a turn begins goes out together anyway.
   */
  private gatherWrites(socket: Socket): void {
    if (socket.writableCorked > 0 || socket.writableLength > 0) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  }

  flush(): void {
    const { heldHead } = this;
    if (heldHead === null) return;
    this.heldHead = null;
    this.started = true;
    this.writeHead(heldHead);
  }

  private writeHead(head: ResponseHead): void {
    const { socket } = this.connection;
    if (writeMessage(socket, statusLine(head), head, this.headEnd) !== null) return;
    socket.write(statusLine(head) + head.passedOn + this.headEnd, 'latin1');
  }

  complete(): void {
    this.flush();
    this.connection.requestEnded(this.closes || this.mustClose() ? 'close' : 'keep_alive');
  }

  answer(response: OwnResponse, fields: string): void {
    const closes = this.mustClose();
    const { method, minorVersion } = this.request;
    this.connection.socket.write(ownResponseBytes(response, fields, method, { closes, minorVersion }));
    this.connection.requestEnded(closes ? 'close' : 'keep_alive');
  }

  switchProtocols(head: ResponseHead, fields: string, origin: Duplex, rest: Buffer): void {
    this.connection.socket.write(switchingText(head, fields), 'latin1');
    this.connection.joinOrigin(origin, rest);
  }

  abort(): void {
    this.connection.requestEnded(this.untilClose ? 'reset' : 'abort');
  }

  /** Whether the connection cannot serve another request. */
  private mustClose(): boolean {
    return !keepsAlive(this.request) || !this.connection.requestRead || this.connection.draining;
  }
}

/**
 * Bytes that are lent go out as they are when the system takes all of them at once, as most often. Otherwise the client is too slow,
 * and the memory is needed until it has caught up.
 */
function writeLent(socket: Socket, piece: Buffer): boolean {
  // A small piece is no reason to wait for `drain`, and what is queued already would keep a large one for longer.
  const large = piece.length >= socket.writableHighWaterMark && !isShared(piece);
  if (!large || !hasTakenAll(socket)) return socket.write(Buffer.from(piece));
  socket.write(piece);
  return socket.writableLength === 0;
}

/**
 * `write` returns false for every large piece; what counts is whether anything still waits for the client. What is gathered in a turn
 * does not, up to a bound.
 */
function keepsUp(socket: Socket): boolean {
  if (socket.writableCorked > 0) {
    if (socket.writableLength < GATHERED_BYTES) return true;
    socket.uncork();
    const taken = socket.writableLength === 0;
    socket.cork();
    return taken;
  }
  return socket.writableLength === 0;
}

/** What the client's version and the fate of its connection add to a head. */
interface Http1Side {
  readonly minorVersion: 0 | 1;
  /** The connection ends with this response. */
  readonly closes: boolean;
}

/** The first line of an origin's response as the client gets it. */
function statusLine({ status, reason }: ResponseHead): string {
  return status === 200 && reason === 'OK' ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** What stands behind the origin's own fields, to the end of the head; `Server` stays the origin's. */
function responseHeadEnd(
  head: ResponseHead,
  framing: ResponseFraming,
  fields: string,
  { closes, minorVersion }: Http1Side,
): string {
  return `${framingField(head, framing, minorVersion)}${fields}${connectionField(closes, minorVersion)}\r\n`;
}

function framingField(head: ResponseHead, framing: ResponseFraming, minorVersion: 0 | 1): string {
  // An HTTP/1.0 client gets the data without chunks and knows the end by the close.
  if (framing === 'chunked') return minorVersion === 0 ? '' : 'Transfer-Encoding: chunked\r\n';
  // HEAD and 304 tell the length of what they do not send; 204 must not.
  if (head.contentLength === null || head.status === 204) return '';
  return `Content-Length: ${head.contentLength}\r\n`;
}

function connectionField(closes: boolean, minorVersion: 0 | 1): string {
  if (closes) return 'Connection: close\r\n';
  // An HTTP/1.0 client that asked for it must be told that it was granted.
  return minorVersion === 0 ? 'Connection: keep-alive\r\n' : '';
}

/** An interim response has neither a body nor a length, and says nothing of the connection. */
function interimText({ status, reason, passedOn }: ResponseHead): string {
  return `HTTP/1.1 ${status} ${reason}\r\n${passedOn}\r\n`;
}

function switchingText(head: ResponseHead, fields: string): string {
  return (
    `HTTP/1.1 101 ${head.reason}\r\n${head.passedOn}${fields}` +
    'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  );
}

/** A whole response; HEAD gets the head alone, and 204 and 304 have no length either. */
export function ownResponseBytes(
  { status, fields: ownFields, body }: OwnResponse,
  fields: string,
  method: string,
  { closes, minorVersion }: Http1Side,
): Buffer {
  const content = Buffer.from(body);
  const length = status === 204 || status === 304 ? '' : `Content-Length: ${content.length}\r\n`;
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Origin Error'}\r\n` +
    `${ownFields}${length}${fields}${connectionField(closes, minorVersion)}\r\n`;
  const headBytes = Buffer.from(head, 'latin1');
  return method === 'HEAD' ? headBytes : Buffer.concat([headBytes, content]);
}
