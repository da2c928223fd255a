import { Malformed } from '../head/malformed.js';
import { type ResponseFraming, type ResponseHead, responseFraming } from '../head/response-head.js';
import type { ResponderUser } from '../responder.js';

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
  user: ResponderUser,
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

function framingFor(user: ResponderUser, head: ResponseHead, ends: boolean, grpc: boolean): ResponseFraming {
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
