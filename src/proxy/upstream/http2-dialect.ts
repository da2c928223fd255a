import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { RequestStream } from '../../tunnel/egress/contract.js';
import type { OriginFailure, UpstreamUser } from '../exchange/contract.js';
import { fieldLines, headersFrom } from '../http/http2-fields.js';
import type { RequestHead } from '../http/request-head.js';
import {
  type ResponseFraming,
  type ResponseHead,
  readResponseHead,
  responseFraming,
} from '../http/response-head.js';
import { headTooLong, InvalidStatus, Malformed } from '../http/syntax.js';
import type { HeadLimits } from '../limits.js';
import { type OriginRequest, originFieldLines } from './origin-target.js';

/** How one kind of origin is spoken to over HTTP/2. */
export interface Http2Dialect {
  /** Sends the head. `onLost`: the connection below is gone, and the stream with it. Throws when no stream can be had. */
  open(request: OriginRequest, endStream: boolean, onLost: (reason: string) => void): RequestStream;
  /** Throws Malformed, InvalidStatus or an OriginFault. An upgrade that was granted has status 101. */
  readHead(rawHeaders: readonly string[], request: OriginRequest): ResponseHead;
  /** The byte stream behind a response with status 101; absent where there are no upgrades. */
  upgraded?(): Duplex;
  /** Milliseconds in which the origin may keep silent, before the head of its response and behind it. */
  silenceMs(head: RequestHead): { readonly beforeHead: number; readonly inBody: number };
  /** A client that waits for 100 may send its body as soon as the head is sent: nobody behind passes a 100 on. */
  readonly continuesAtOnce: boolean;
  /** What it is when the stream ends before a response, and was not refused. */
  readonly endedUnanswered: OriginFailure;
  /** What it is when no stream could be had. */
  failedToOpen(error: unknown): OriginFailure;
  /** A response does not come. */
  suspect(): void;
  /** The stream does not end: neither does its session work any more. */
  breakSession(): void;
  /** The names of the faults that the connection is under. */
  faults(): readonly string[];
  /** The stream is over, whatever became of it. */
  closed(): void;
}

/** Plain HTTP/2, as an origin itself speaks it. */
export function sessionDialect(
  session: ClientHttp2Session,
  tls: boolean,
  limits: HeadLimits,
): Pick<Http2Dialect, 'open' | 'readHead' | 'continuesAtOnce' | 'failedToOpen' | 'endedUnanswered'> {
  return {
    open: (request, endStream) => session.request(requestHeaders(request, tls), { endStream }),
    readHead: (raw) => readHead(`${responseStatus(raw)} `, fieldLines(raw), limits),
    continuesAtOnce: false,
    // The session ended since it was chosen.
    failedToOpen: () => 'refused',
    endedUnanswered: 'invalid_response',
  };
}

function requestHeaders(request: OriginRequest, tls: boolean): OutgoingHttpHeaders {
  const { head, host } = request;
  const headers = headersFrom(originFieldLines(request));
  headers[':method'] = head.method;
  headers[':scheme'] = tls ? 'https' : 'http';
  headers[':authority'] = host;
  headers[':path'] = head.target;
  return headers;
}

/**
 * The head with `status` (and perhaps a reason) and `lines`, by the parser of HTTP/1.1 responses, so that one set of rules
 * decides what goes on. Throws Malformed or InvalidStatus.
 */
export function readHead(status: string, lines: string, { headBytes, fieldCount }: HeadLimits): ResponseHead {
  const text = `HTTP/1.1 ${status}\r\n${lines}`;
  if (text.length > headBytes) throw headTooLong(headBytes);
  return readResponseHead(text, fieldCount);
}

/** The `:status` of raw headers. Throws Malformed unless it is a number, InvalidStatus unless it is one of HTTP. */
export function responseStatus(raw: readonly string[]): string {
  const status = raw[raw.indexOf(':status') + 1] ?? '';
  if (!/^\d+$/.test(status)) throw new Malformed(400, 'the :status is not a number');
  if (!/^[1-5]\d\d$/.test(status)) throw new InvalidStatus(status);
  return status;
}

const GRPC_STATUS = /^grpc-status:/im;

/** Hands the body of one response on, which came in HTTP/2, in the framing that its user wants. */
export interface Http2ResponseBody {
  readonly framing: ResponseFraming;
  piece(piece: Buffer): void;
  /** The stream has ended. `trailers` are lines. Throws Malformed when bytes are missing. */
  end(trailers: string): void;
}

/** `ends`: there is no body. Of gRPC, where trailers follow anything, no length counts. */
export function http2ResponseBody(
  user: UpstreamUser,
  head: ResponseHead,
  ends: boolean,
  grpc: boolean,
): Http2ResponseBody {
  const framing = framingFor(user, head, ends, grpc);
  const framed = framing === 'chunked' && user.framed;
  const expected = framing === 'length' ? head.contentLength! : null;
  let bytes = 0;

  return {
    framing,
    piece(piece) {
      bytes += piece.length;
      if (expected !== null && bytes > expected) throw wrongLength(expected, bytes);
      // What HEAD and 304 answers carry against the rules is nobody's.
      if (framing === 'none' || piece.length === 0) return;
      user.responsePiece(framed ? chunk(piece) : piece, false);
    },
    end(trailers) {
      if (expected !== null && bytes < expected) throw wrongLength(expected, bytes);
      if (framed)
        user.responsePiece(Buffer.from(`0\r\n${user.takesTrailers ? trailers : ''}\r\n`, 'latin1'), false);
    },
  };
}

function framingFor(user: UpstreamUser, head: ResponseHead, ends: boolean, grpc: boolean): ResponseFraming {
  // The status among the fields is that of a response of trailers alone, although its end may come in a frame of its own.
  if (grpc) return ends || GRPC_STATUS.test(head.passedOn) ? 'none' : 'chunked';
  const framing = responseFraming(head, user.method);
  if (framing !== 'until_close') return framing;
  if (!ends) return 'chunked';
  head.contentLength = 0;
  return 'length';
}

/** One chunk in one buffer: it shall go out with one system call. */
function chunk(piece: Buffer): Buffer {
  const size = piece.length.toString(16);
  const whole = Buffer.allocUnsafe(size.length + piece.length + 4);
  whole.write(`${size}\r\n`, 'latin1');
  piece.copy(whole, size.length + 2);
  whole.write('\r\n', whole.length - 2, 'latin1');
  return whole;
}

function wrongLength(expected: number, bytes: number): Malformed {
  return new Malformed(400, `Content-Length is ${expected}, but the body has ${bytes} bytes or more`);
}
