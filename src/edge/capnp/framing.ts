import { CapnpError } from './capnp-error.js';

/** https://capnproto.org/encoding.html#serialization-over-a-stream */

export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
export const MAX_SEGMENTS = 64;

export interface FramerOptions {
  /** Asked for every message, so that a peer may be trusted with more later. Never more than MAX_MESSAGE_BYTES. */
  readonly maxMessageBytes: () => number;
  /** Segments of one whole message; their lengths are multiples of 8 bytes. */
  readonly onMessage: (segments: readonly Buffer[]) => void;
}

export interface Framer {
  /** Throws CapnpError on a frame that breaks the limits; the framer is of no use after that. */
  push(chunk: Buffer): void;
}

interface Header {
  readonly headerBytes: number;
  readonly segmentBytes: readonly number[];
  readonly totalBytes: number;
}

/** Cuts a byte stream into messages. Holds at most one unfinished message, in one buffer, whatever the chunks are. */
export function createFramer(options: FramerOptions): Framer {
  let buffer = Buffer.alloc(0);
  let start = 0;
  let end = 0;

  function store(chunk: Buffer): void {
    if (end + chunk.length > buffer.length) {
      const held = end - start;
      // Doubling keeps the copying linear when a message arrives byte by byte.
      const grown = Buffer.allocUnsafe(Math.max(held + chunk.length, 2 * held, 256));
      buffer.copy(grown, 0, start, end);
      buffer = grown;
      start = 0;
      end = held;
    }
    chunk.copy(buffer, end);
    end += chunk.length;
  }

  function takeMessage(): readonly Buffer[] | null {
    const limit = Math.min(options.maxMessageBytes(), MAX_MESSAGE_BYTES);
    const header = readHeader(buffer.subarray(start, end), limit);
    if (!header || end - start < header.headerBytes + header.totalBytes) return null;
    // A copy: the receiver may keep parts of the message while this buffer is filled again.
    const bodyStart = start + header.headerBytes;
    const body = Buffer.from(buffer.subarray(bodyStart, bodyStart + header.totalBytes));
    start = bodyStart + header.totalBytes;
    return splitSegments(body, header.segmentBytes);
  }

  return {
    push(chunk) {
      store(chunk);
      for (;;) {
        const segments = takeMessage();
        if (!segments) break;
        options.onMessage(segments);
      }
      if (start !== end) return;
      buffer = Buffer.alloc(0);
      start = 0;
      end = 0;
    },
  };
}

/** Null until the header is complete. */
function readHeader(bytes: Buffer, maxMessageBytes: number): Header | null {
  if (bytes.length < 4) return null;
  const segments = bytes.readUInt32LE(0) + 1;
  if (segments > MAX_SEGMENTS) {
    throw new CapnpError(`message with ${segments} segments; at most ${MAX_SEGMENTS} are accepted`);
  }
  const headerBytes = (4 + 4 * segments + 7) & ~7;
  if (bytes.length < headerBytes) return null;
  const segmentBytes = Array.from({ length: segments }, (_, i) => bytes.readUInt32LE(4 + 4 * i) * 8);
  const totalBytes = segmentBytes.reduce((sum, size) => sum + size, 0);
  if (totalBytes > maxMessageBytes) {
    throw new CapnpError(`message of ${totalBytes} bytes; at most ${maxMessageBytes} are accepted`);
  }
  return { headerBytes, segmentBytes, totalBytes };
}

function splitSegments(body: Buffer, sizes: readonly number[]): readonly Buffer[] {
  let offset = 0;
  return sizes.map((size) => {
    offset += size;
    return body.subarray(offset - size, offset);
  });
}
