import { CODE, FLAG, FRAME, SessionError, StreamError, withoutPadding } from './frames.js';
import { bodyBytes, type Headers, headersOf, whyMalformed } from './headers.js';
import { createHpackDecoder, type DecodedBlock } from './hpack.js';
import type { Http2Stream } from './stream.js';

/** Takes a request: the headers by name, the flags of their frame, and names and values in turn. */
type Serve = (stream: Http2Stream, headers: Headers, flags: number, rawHeaders: readonly string[]) => void;

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

const endsStream = ({ flags }: HeaderBlock) => (flags & FLAG.END_STREAM) !== 0;
const malformed = (message: string) => new StreamError(CODE.PROTOCOL_ERROR, message);

/** A header block that is complete. */
interface HeaderBlock extends DecodedBlock {
  readonly streamId: number;
  /** Of its HEADERS frame. */
  readonly flags: number;
}

interface HeaderBlocks {
  /** The stream whose block is still open: nothing but its CONTINUATION may come next. 0 = none. */
  readonly open: number;
  /** HEADERS or CONTINUATION; answers the block when that was its end. Throws SessionError. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): HeaderBlock | null;
}

/**
 * The list that is kept; what is larger costs its stream. Enough for a head of 128 KiB and thousands of fields, of which each
 * counts 32 bytes more (RFC 9113, section 6.5.2), also when a connector brings it a third longer in base64.
 */
export const MAX_LIST_BYTES = 512 * 1024;
/** A peer that sends more for one message ends its session. Origins in Go may say a megabyte, before it is coded. */
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_CONTINUATIONS = 1_024;

/** Puts the frames of header blocks together and decodes them as they come. */
export function createHeaderBlocks(): HeaderBlocks {
  const decoder = createHpackDecoder(MAX_LIST_BYTES);
  let open = 0;
  let openFlags = 0;
  let blockBytes = 0;
  let continuations = 0;

  function begin(flags: number, streamId: number, payload: Buffer): Buffer {
    open = streamId;
    openFlags = flags;
    blockBytes = 0;
    continuations = 0;
    const block = withoutPadding(flags, payload);
    if (!(flags & FLAG.PRIORITY)) return block;
    if (block.length < 5) throw new SessionError(CODE.FRAME_SIZE_ERROR, 'HEADERS without its priority');
    return block.subarray(5);
  }

  return {
    get open() {
      return open;
    },
    frame(type, flags, streamId, payload) {
      const part = type === FRAME.HEADERS ? begin(flags, streamId, payload) : payload;
      blockBytes += part.length;
      if (type === FRAME.CONTINUATION) continuations += 1;
      if (blockBytes > MAX_BLOCK_BYTES || continuations > MAX_CONTINUATIONS)
        throw new SessionError(
          CODE.ENHANCE_YOUR_CALM,
          `header block of more than ${MAX_BLOCK_BYTES} bytes or ${MAX_CONTINUATIONS} frames`,
        );
      decoder.push(part);
      if (!(flags & FLAG.END_HEADERS)) return null;
      open = 0;
      return { streamId, flags: openFlags, ...decoder.finish() };
    },
  };
}
