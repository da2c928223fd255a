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
