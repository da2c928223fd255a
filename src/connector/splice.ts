import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onEnd, resetStream } from '../net/stream-ends.js';
import { breakOff, type EdgeStream } from './edge-stream.js';

/** How long an origin may take no byte of what is left for it once its stream is over. */
const LAST_BYTES_MS = 60_000;

/**
 * Passes bytes both ways between an answered stream and a socket that may be half-open, no faster than the slower one takes
 * them. Each direction ends by itself, behind its last byte: END_STREAM becomes FIN, and FIN becomes END_STREAM. When either
 * side breaks off, the other one is reset, so that nobody takes what has arrived for the whole.
 */
export function splice(stream: EdgeStream, origin: Duplex): void {
  let originEnded = false;
  stream.pipe(origin);
  origin.pipe(stream, { end: false });
  onEnd(origin, () => {
    originEnded = true;
    stream.end();
  });
  origin.once('close', () => {
    if (!originEnded || !origin.writableFinished) breakOff(stream, 'the origin broke off');
  });
  stream.once('close', () => {
    if (!stream.readableEnded || !stream.writableFinished) resetStream(origin);
    else (origin as Socket).setTimeout(LAST_BYTES_MS, () => resetStream(origin));
  });
}
