import type { IncomingHttpHeaders } from 'node:http2';
import type { ServingStream } from '../tunnel/h2/stream.js';

/** A stream that the edge has opened. */
export type EdgeStream = ServingStream;

export interface EdgeRequest {
  readonly stream: EdgeStream;
  /** By lower-case name, repeated ones joined. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** The headers were all: there is no body. */
  readonly endStream: boolean;
}

/** Breaks a stream off, so that the edge cannot take it for one that has ended in good order. */
export function breakOff(stream: EdgeStream, reason: string): void {
  if (!stream.destroyed) stream.destroy(new Error(reason));
}

/** Once all of the answer is on its way, what is left of the request is of no use. */
export function closeWhenAnswered(stream: EdgeStream): void {
  stream.once('finish', () => stream.close());
}
