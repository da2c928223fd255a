import { CODE, StreamError } from './errors.js';
import { FLAG } from './frames.js';
import { type HeaderBlock, MAX_LIST_BYTES } from './header-blocks.js';
import { bodyBytes, type Headers, headersOf, whyMalformed } from './incoming-message.js';
import type { Http2Stream } from './stream.js';

/** Takes a request: the headers by name, the flags of their frame, and names and values in turn. */
export type Serve = (
  stream: Http2Stream,
  headers: Headers,
  flags: number,
  rawHeaders: readonly string[],
) => void;

const endsStream = ({ flags }: HeaderBlock) => (flags & FLAG.END_STREAM) !== 0;
const malformed = (message: string) => new StreamError(CODE.PROTOCOL_ERROR, message);

/** A response that only says that the real one is still to come. */
export const isInterim = ({ fields }: HeaderBlock): boolean =>
  fields[0] === ':status' && fields[1]!.startsWith('1');

/** The head of a new stream has come. One that is wrong is reset, and nobody hears of it. */
export function receiveRequest(stream: Http2Stream, block: HeaderBlock, serve: Serve): void {
  stream.headReceived = true;
  if (block.tooLarge) {
    stream.respond({ ':status': 431 }, { endStream: true });
    return;
  }
  if (whyMalformed(block.fields, 'request') || whyWrongBody(stream, block)) {
    stream.close(CODE.PROTOCOL_ERROR);
    return;
  }
  serve(stream, headersOf(block.fields), block.flags, block.fields);
  if (endsStream(block)) stream.receiveEnd();
}

/** The response to a request of ours has come, or the trailers of a message. */
export function receiveAnswer(stream: Http2Stream, block: HeaderBlock): void {
  const failure = whyUnacceptable(stream, block);
  if (failure) {
    stream.fail(failure);
    return;
  }
  if (!stream.headReceived && isInterim(block)) return;
  const part = stream.headReceived ? 'trailers' : 'response';
  stream.headReceived = true;
  stream.emit(part, headersOf(block.fields), block.flags, block.fields);
  if (endsStream(block)) stream.receiveEnd();
}

function whyUnacceptable(stream: Http2Stream, block: HeaderBlock): StreamError | null {
  if (stream.remoteEnded) return new StreamError(CODE.STREAM_CLOSED, 'HEADERS behind END_STREAM');
  if (block.tooLarge)
    return new StreamError(CODE.CANCEL, `header block too large: it has more than ${MAX_LIST_BYTES} bytes`);
  const wrong = whyMalformed(block.fields, stream.headReceived ? 'trailers' : 'response');
  if (wrong) return malformed(wrong);
  if (stream.headReceived) return endsStream(block) ? null : malformed('second head of a message');
  if (isInterim(block)) return endsStream(block) ? malformed('interim response with END_STREAM') : null;
  const bodyless = stream.expectsNoBody || /^(?:204|304)$/.test(block.fields[1]!);
  return bodyless ? null : whyWrongBody(stream, block);
}

/** Reads the content-length, which the body is held to from now on. */
function whyWrongBody(stream: Http2Stream, block: HeaderBlock): StreamError | null {
  const length = bodyBytes(block.fields);
  if (Number.isNaN(length)) return malformed('message with a content-length that is none');
  if (length !== null && length > 0 && endsStream(block))
    return malformed(`message without a body, and a content-length of ${length}`);
  stream.bodyBytesLeft = length;
  return null;
}
