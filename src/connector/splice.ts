import type { Duplex } from 'node:stream';
import { closeWhenAnswered, type EdgeStream } from './edge-stream.js';

/**
 * Passes bytes both ways between an answered stream and a socket, no faster than the slower one takes them. There is no
 * half-close: when either end is done, both are closed.
 */
export function splice(stream: EdgeStream, origin: Duplex): void {
  stream.pipe(origin);
  origin.pipe(stream);
  // All that the origin had to say is on its way: END_STREAM, then the other direction is closed as well.
  closeWhenAnswered(stream);
  stream.once('end', () => {
    origin.unpipe(stream);
    // What the edge has sent still reaches the origin.
    origin.end(() => origin.destroy());
    stream.end();
  });
  stream.once('close', () => origin.destroy());
}
