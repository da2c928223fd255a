/** A message that breaks the Cap'n Proto encoding or one of our limits. Nothing else is thrown while decoding. */
export class CapnpError extends Error {
  override readonly name = 'CapnpError';
}

// Messages as bytes: https://capnproto.org/encoding.html#serialization-over-a-stream

export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
export const MAX_SEGMENTS = 64;

interface FramerOptions {
  /** Asked for every message, so that a peer may be trusted with more later. Never more than MAX_MESSAGE_BYTES. */
  readonly maxMessageBytes: () => number;
  /** Segments of one whole message; their lengths are multiples of 8 bytes. */
  readonly onMessage: (segments: readonly Buffer[]) => void;
}

interface Framer {
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

export interface StructWriter {
  u8(offset: number, value: number): void;
  u16(offset: number, value: number): void;
  u32(offset: number, value: number): void;
  u64(offset: number, value: bigint): void;
  bit(index: number, value: boolean): void;
  struct(pointer: number, dataWords: number, pointers: number): StructWriter;
  data(pointer: number, bytes: Uint8Array): void;
  text(pointer: number, value: string): void;
  texts(pointer: number, values: readonly string[]): void;
  structs(pointer: number, count: number, dataWords: number, pointers: number): readonly StructWriter[];
  /** `index` in the payload's table of capabilities. */
  capability(pointer: number, index: number): void;
}

interface MessageWriter {
  readonly root: StructWriter;
  /** The framed message. */
  frame(): Buffer;
}

const LIST_OF_BYTES = 2;
const LIST_OF_POINTERS = 6;
const LIST_OF_STRUCTS = 7;

interface Arena {
  bytes: Buffer;
  used: number;
}

/** Writes one message of a single segment, in the order of the calls. For our own answers, so nothing can be malformed. */
export function createMessageWriter(dataWords: number, pointers: number): MessageWriter {
  const arena: Arena = { bytes: Buffer.alloc(512), used: 8 };
  const root = writeStruct(arena, 0, dataWords, pointers);
  return {
    root,
    frame() {
      const header = Buffer.alloc(8);
      header.writeUInt32LE(arena.used / 8, 4);
      return Buffer.concat([header, arena.bytes.subarray(0, arena.used)]);
    },
  };
}

/** Position of `bytes` new zero bytes, rounded up to whole words. */
function allocate(arena: Arena, bytes: number): number {
  const at = arena.used;
  arena.used += (bytes + 7) & ~7;
  if (arena.used > arena.bytes.length) {
    const grown = Buffer.alloc(Math.max(arena.used, 2 * arena.bytes.length));
    arena.bytes.copy(grown);
    arena.bytes = grown;
  }
  return at;
}

function writeStruct(arena: Arena, pointerAt: number, dataWords: number, pointers: number): StructWriter {
  const at = allocate(arena, (dataWords + pointers) * 8);
  // An empty struct points at itself (offset -1): all zeros would be the null pointer.
  const offset = dataWords + pointers === 0 ? -1 : (at - pointerAt - 8) / 8;
  arena.bytes.writeInt32LE(offset << 2, pointerAt);
  writeStructSize(arena, pointerAt, dataWords, pointers);
  return structWriter(arena, at, dataWords * 8);
}

function writeStructSize(arena: Arena, at: number, dataWords: number, pointers: number): void {
  arena.bytes.writeUInt16LE(dataWords, at + 4);
  arena.bytes.writeUInt16LE(pointers, at + 6);
}

function writeList(
  arena: Arena,
  pointerAt: number,
  elementSize: number,
  count: number,
  bytes: number,
): number {
  const at = allocate(arena, bytes);
  arena.bytes.writeInt32LE((((at - pointerAt - 8) / 8) << 2) | 1, pointerAt);
  arena.bytes.writeUInt32LE(((count << 3) | elementSize) >>> 0, pointerAt + 4);
  return at;
}

function writeBytes(arena: Arena, pointerAt: number, bytes: Uint8Array): void {
  const at = writeList(arena, pointerAt, LIST_OF_BYTES, bytes.length, bytes.length);
  arena.bytes.set(bytes, at);
}

function structWriter(arena: Arena, at: number, dataBytes: number): StructWriter {
  const pointerAt = (index: number) => at + dataBytes + index * 8;
  return {
    u8: (offset, value) => void arena.bytes.writeUInt8(value, at + offset),
    u16: (offset, value) => void arena.bytes.writeUInt16LE(value, at + offset),
    u32: (offset, value) => void arena.bytes.writeUInt32LE(value, at + offset),
    u64: (offset, value) => void arena.bytes.writeBigUInt64LE(value, at + offset),
    bit(index, value) {
      const byte = at + (index >> 3);
      const mask = 1 << (index & 7);
      const old = arena.bytes[byte]!;
      arena.bytes[byte] = value ? old | mask : old & ~mask;
    },
    struct: (pointer, dataWords, pointers) => writeStruct(arena, pointerAt(pointer), dataWords, pointers),
    data: (pointer, bytes) => writeBytes(arena, pointerAt(pointer), bytes),
    text: (pointer, value) => writeBytes(arena, pointerAt(pointer), Buffer.from(`${value}\0`)),
    texts(pointer, values) {
      const list = writeList(arena, pointerAt(pointer), LIST_OF_POINTERS, values.length, values.length * 8);
      values.forEach((value, i) => {
        writeBytes(arena, list + i * 8, Buffer.from(`${value}\0`));
      });
    },
    structs(pointer, count, dataWords, pointers) {
      const words = count * (dataWords + pointers);
      const list = writeList(arena, pointerAt(pointer), LIST_OF_STRUCTS, words, 8 + words * 8);
      arena.bytes.writeUInt32LE(count << 2, list);
      writeStructSize(arena, list, dataWords, pointers);
      return Array.from({ length: count }, (_, i) =>
        structWriter(arena, list + 8 + i * (dataWords + pointers) * 8, dataWords * 8),
      );
    },
    capability(pointer, index) {
      arena.bytes.writeUInt32LE(3, pointerAt(pointer));
      arena.bytes.writeUInt32LE(index, pointerAt(pointer) + 4);
    },
  };
}
