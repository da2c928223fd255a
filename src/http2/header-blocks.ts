import { CODE, SessionError } from './errors.js';
import { FLAG, FRAME } from './frames.js';
import { createHpackDecoder, type DecodedBlock } from './hpack/decoder.js';
import { withoutPadding } from './padding.js';

/** A header block that is complete. */
export interface HeaderBlock extends DecodedBlock {
  readonly streamId: number;
  /** Of its HEADERS frame. */
  readonly flags: number;
}

export interface HeaderBlocks {
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
