import { CODE, SessionError } from './errors.js';
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, MAX_WINDOW } from './frames.js';

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
    apply(settings, payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
}

function apply(settings: Http2Settings, identifier: number, value: number): void {
  switch (identifier) {
    case SETTING.HEADER_TABLE_SIZE:
      settings.headerTableSize = value;
      break;
    case SETTING.ENABLE_PUSH:
      check(value <= 1, CODE.PROTOCOL_ERROR, 'ENABLE_PUSH', value);
      settings.enablePush = value === 1;
      break;
    case SETTING.MAX_CONCURRENT_STREAMS:
      settings.maxConcurrentStreams = value;
      break;
    case SETTING.INITIAL_WINDOW_SIZE:
      check(value <= MAX_WINDOW, CODE.FLOW_CONTROL_ERROR, 'INITIAL_WINDOW_SIZE', value);
      settings.initialWindowSize = value;
      break;
    case SETTING.MAX_FRAME_SIZE:
      check(
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

function check(ok: boolean, code: number, name: string, value: number): void {
  if (!ok) throw new SessionError(code, `SETTINGS with ${name} ${value}`);
}
