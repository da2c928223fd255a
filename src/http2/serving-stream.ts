import type { OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';

export interface RespondOptions {
  /** The response has no body. */
  readonly endStream?: boolean;
  /** `wantTrailers` is emitted when the body has ended; `sendTrailers` must follow. */
  readonly waitForTrailers?: boolean;
}

/** A stream on the answering side, ours or Node's: what its user may rely on. */
export interface ServingStream extends Duplex {
  readonly headersSent: boolean;
  respond(headers: OutgoingHttpHeaders, options?: RespondOptions): void;
  sendTrailers(headers: OutgoingHttpHeaders): void;
  close(code?: number): void;
}
