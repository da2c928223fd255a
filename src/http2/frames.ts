/** Frames as they travel: RFC 9113, sections 4 and 6. */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** END_STREAM of DATA and HEADERS, and ACK of SETTINGS and PING, are the same bit. */
export const FLAG = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

export const FRAME_HEADER_BYTES = 9;
export const MAX_STREAM_ID = 2 ** 31 - 1;
export const MAX_WINDOW = 2 ** 31 - 1;
/** Where both ends begin, before any setting. */
export const DEFAULT_WINDOW = 65_535;
export const DEFAULT_FRAME_BYTES = 16_384;

/** What a client says first. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** A payload up to this size is copied behind its frame header, which is cheaper than one more buffer to write. */
const COPIED_BYTES = 2_048;

function frame(type: number, flags: number, streamId: number, length: number, room = length): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + room);
  bytes[0] = length >>> 16;
  bytes[1] = length >>> 8;
  bytes[2] = length;
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  return bytes;
}

/** Adds a DATA frame to `out`; a large payload goes in as it is. */
export function appendData(out: Buffer[], streamId: number, payload: Buffer, endStream: boolean): void {
  const flags = endStream ? FLAG.END_STREAM : 0;
  if (payload.length > COPIED_BYTES) {
    out.push(frame(FRAME.DATA, flags, streamId, payload.length, 0), payload);
    return;
  }
  const bytes = frame(FRAME.DATA, flags, streamId, payload.length);
  payload.copy(bytes, FRAME_HEADER_BYTES);
  out.push(bytes);
}

/** A header block as one HEADERS frame, and as many CONTINUATION frames as it takes. */
export function headersFrames(
  streamId: number,
  block: Buffer,
  endStream: boolean,
  maxFrameBytes: number,
): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += maxFrameBytes) {
    const part = block.subarray(at, at + maxFrameBytes);
    const isLast = at + maxFrameBytes >= block.length;
    const flags = (isLast ? FLAG.END_HEADERS : 0) | (at === 0 && endStream ? FLAG.END_STREAM : 0);
    const type = at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION;
    parts.push(frame(type, flags, streamId, part.length, 0), part);
  }
  return Buffer.concat(parts);
}

export function rstStreamFrame(streamId: number, code: number): Buffer {
  const bytes = frame(FRAME.RST_STREAM, 0, streamId, 4);
  bytes.writeUInt32BE(code, FRAME_HEADER_BYTES);
  return bytes;
}

/** `settings` are pairs of identifier and value. */
export function settingsFrame(settings: readonly (readonly [number, number])[]): Buffer {
  const bytes = frame(FRAME.SETTINGS, 0, 0, settings.length * 6);
  for (const [index, [identifier, value]] of settings.entries()) {
    bytes.writeUInt16BE(identifier, FRAME_HEADER_BYTES + index * 6);
    bytes.writeUInt32BE(value, FRAME_HEADER_BYTES + index * 6 + 2);
  }
  return bytes;
}

export const settingsAckFrame = (): Buffer => frame(FRAME.SETTINGS, FLAG.ACK, 0, 0);

/** `payload` has eight bytes. */
export function pingFrame(payload: Buffer, isAck: boolean): Buffer {
  const bytes = frame(FRAME.PING, isAck ? FLAG.ACK : 0, 0, 8);
  payload.copy(bytes, FRAME_HEADER_BYTES);
  return bytes;
}

export function goawayFrame(lastStreamId: number, code: number, debug = ''): Buffer {
  const bytes = frame(FRAME.GOAWAY, 0, 0, 8 + debug.length);
  bytes.writeUInt32BE(lastStreamId, FRAME_HEADER_BYTES);
  bytes.writeUInt32BE(code, FRAME_HEADER_BYTES + 4);
  bytes.write(debug, FRAME_HEADER_BYTES + 8, 'latin1');
  return bytes;
}

/** Stream 0 is the session. */
export function windowUpdateFrame(streamId: number, increment: number): Buffer {
  const bytes = frame(FRAME.WINDOW_UPDATE, 0, streamId, 4);
  bytes.writeUInt32BE(increment, FRAME_HEADER_BYTES);
  return bytes;
}
