import { CODE, SessionError } from './errors.js';
import { FLAG, FRAME, FRAME_HEADER_BYTES } from './frames.js';

/** Whoever takes the frames. Throwing ends the reading for good. */
export interface FrameHandler {
  /** A whole frame; DATA comes this way only when it is padded. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void;
  /** A DATA frame begins: its bytes follow as they arrive, then its end. */
  dataBegins(flags: number, streamId: number, length: number): void;
  dataBytes(bytes: Buffer): void;
  dataEnds(): void;
  /** Asked between frames: a session that is over wants no more. */
  readonly destroyed: boolean;
}

export interface FrameReader {
  /** Bytes as they come from the socket; `SessionError` when a frame is larger than it may be. */
  push(chunk: Buffer): void;
}

/**
 * Cuts a byte stream into frames, wherever its chunks begin and end. Bytes are handed on as views of the chunk; only a
 * frame that came in pieces is put together, and never DATA.
 */
export function createFrameReader(handler: FrameHandler, maxFrameBytes: number): FrameReader {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  let headBytes = 0;
  let type = 0;
  let flags = 0;
  let streamId = 0;
  /** Bytes of the payload that are still to come. */
  let missing = 0;
  let inPayload = false;
  let pieces: Buffer[] = [];

  const streamed = () => type === FRAME.DATA && !(flags & FLAG.PADDED);

  function begin(bytes: Buffer, at: number): void {
    missing = bytes.readUIntBE(at, 3);
    type = bytes[at + 3]!;
    flags = bytes[at + 4]!;
    streamId = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    if (missing > maxFrameBytes)
      throw new SessionError(
        CODE.FRAME_SIZE_ERROR,
        `frame of ${missing} bytes; at most ${maxFrameBytes} are allowed`,
      );
    inPayload = true;
    if (streamed()) handler.dataBegins(flags, streamId, missing);
  }

  /** Takes what belongs to the frame, and answers where the next one begins. */
  function payload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + missing);
    const bytes = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
    missing -= bytes.length;
    inPayload = missing > 0;
    if (streamed()) {
      if (bytes.length > 0) handler.dataBytes(bytes);
      if (!inPayload) handler.dataEnds();
    } else if (inPayload || pieces.length > 0) {
      pieces.push(bytes);
      if (!inPayload) {
        const whole = Buffer.concat(pieces);
        pieces = [];
        handler.frame(type, flags, streamId, whole);
      }
    } else handler.frame(type, flags, streamId, bytes);
    return end;
  }

  return {
    push(chunk) {
      let at = 0;
      while (!handler.destroyed) {
        if (inPayload) {
          if (at === chunk.length && missing > 0) return;
          at = payload(chunk, at);
          continue;
        }
        if (headBytes === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
          begin(chunk, at);
          at += FRAME_HEADER_BYTES;
          continue;
        }
        if (at === chunk.length) return;
        const taken = chunk.copy(head, headBytes, at, at + FRAME_HEADER_BYTES - headBytes);
        at += taken;
        headBytes += taken;
        if (headBytes < FRAME_HEADER_BYTES) return;
        headBytes = 0;
        begin(head, 0);
      }
    },
  };
}
