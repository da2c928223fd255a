/** Error codes of RFC 9113, section 7. */
export const CODE = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
} as const;

const NAMES = new Map<number, string>(Object.entries(CODE).map(([name, code]) => [code, name]));

/** `PROTOCOL_ERROR`, or the number of a code that nobody knows. */
export const codeName = (code: number): string => NAMES.get(code) ?? `error code ${code}`;

/** What ends one stream. `code` is the one of RST_STREAM, whoever sent it. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What ends the whole session. `code` is the one of GOAWAY, whoever sent it. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

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

/** What a padded HEADERS or DATA frame really carries; throws SessionError when the padding is longer than the frame. */
export function withoutPadding(flags: number, payload: Buffer): Buffer {
  if (!(flags & FLAG.PADDED)) return payload;
  const padding = payload[0];
  if (padding === undefined) throw new SessionError(CODE.FRAME_SIZE_ERROR, 'padded frame without its length');
  if (padding >= payload.length)
    throw new SessionError(
      CODE.PROTOCOL_ERROR,
      `${padding} bytes of padding in a frame of ${payload.length}`,
    );
  return payload.subarray(1, payload.length - padding);
}

/** What one end of a session has told the other: RFC 9113, section 6.5.2. */
export interface Http2Settings {
  headerTableSize: number;
  enablePush: boolean;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  maxHeaderListSize: number;
}

export const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

const MAX_FRAME_SIZE = 2 ** 24 - 1;

export const defaultSettings = (): Http2Settings => ({
  headerTableSize: 4_096,
  enablePush: true,
  maxConcurrentStreams: Number.POSITIVE_INFINITY,
  initialWindowSize: DEFAULT_WINDOW,
  maxFrameSize: DEFAULT_FRAME_BYTES,
  maxHeaderListSize: Number.POSITIVE_INFINITY,
});

/** Takes the payload of a SETTINGS frame over into `settings`; throws SessionError when a value is out of range. */
export function readSettings(payload: Buffer, settings: Http2Settings): void {
  if (payload.length % 6 !== 0)
    throw new SessionError(CODE.FRAME_SIZE_ERROR, `SETTINGS of ${payload.length} bytes, no multiple of 6`);
  for (let at = 0; at < payload.length; at += 6)
    applySetting(settings, payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
}

function applySetting(settings: Http2Settings, identifier: number, value: number): void {
  switch (identifier) {
    case SETTING.HEADER_TABLE_SIZE:
      settings.headerTableSize = value;
      break;
    case SETTING.ENABLE_PUSH:
      checkSetting(value <= 1, CODE.PROTOCOL_ERROR, 'ENABLE_PUSH', value);
      settings.enablePush = value === 1;
      break;
    case SETTING.MAX_CONCURRENT_STREAMS:
      settings.maxConcurrentStreams = value;
      break;
    case SETTING.INITIAL_WINDOW_SIZE:
      checkSetting(value <= MAX_WINDOW, CODE.FLOW_CONTROL_ERROR, 'INITIAL_WINDOW_SIZE', value);
      settings.initialWindowSize = value;
      break;
    case SETTING.MAX_FRAME_SIZE:
      checkSetting(
        value >= DEFAULT_FRAME_BYTES && value <= MAX_FRAME_SIZE,
        CODE.PROTOCOL_ERROR,
        'MAX_FRAME_SIZE',
        value,
      );
      settings.maxFrameSize = value;
      break;
    case SETTING.MAX_HEADER_LIST_SIZE:
      settings.maxHeaderListSize = value;
      break;
    // Unknown settings mean nothing.
  }
}

function checkSetting(ok: boolean, code: number, name: string, value: number): void {
  if (!ok) throw new SessionError(code, `SETTINGS with ${name} ${value}`);
}
