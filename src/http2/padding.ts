import { CODE, SessionError } from './errors.js';
import { FLAG } from './frames.js';

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
