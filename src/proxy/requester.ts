import type { Duplex } from 'node:stream';
import type { ResponseFraming, ResponseHead } from './head/response-head.js';

/** Who sends requests. */
export interface RequestingClient {
  /** Canonical text: the same client is always spelled the same way. */
  readonly ip: string;
  /** Of the connection that requests come on: another one than `ip` when a trusted proxy sends them for its clients. */
  readonly peerIp: string;
  /** The names of the faults that its connection is under. */
  readonly faults?: () => readonly string[];
}

/** A whole response that is made here. */
export interface OwnResponse {
  readonly status: number;
  /** Field lines, each with its CRLF; without the length. */
  readonly fields: string;
  readonly body: string;
}

/**
 * The side of the client, as the exchange of one request needs it, whatever protocol the client speaks. `fields` are lines
 * of our own, each with its CRLF, that the response gets besides those of its head.
 *
 * Exactly one of `complete`, `answer`, `switchProtocols` and `abort` ends it. Until `started` another response may be begun.
 */
export interface Requester {
  readonly identity: RequestingClient;
  readonly scheme: 'http' | 'https';
  /** As rules spell it. */
  readonly version: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';
  /** The pieces of chunked bodies carry their framing, both ways; otherwise they are the data alone. */
  readonly framed: boolean;
  /** Wants the trailers of the response: among the framed pieces, otherwise with `complete`. */
  readonly takesTrailers: boolean;
  /** The client has got bytes of the response: nothing else can be answered any more. */
  readonly started: boolean;
  /** Stops and restarts the request body. */
  pauseBody(): void;
  resumeBody(): void;
  /** Tells the client to send its body. */
  continue100(): void;
  /** Passes an interim response on, unless the client cannot take it: then it is left out, as it is advice alone. */
  inform(head: ResponseHead): void;
  /** Begins the response. The head may be held until `piece`, `flush` or `complete`. */
  respond(head: ResponseHead, framing: ResponseFraming, fields: string): void;
  /**
   * A part of the body. Returns false when the client reads too slowly: `Exchange.clientDrained` follows. `lent`: it may change after
   * the call, or, when that has returned false, after `clientDrained`.
   */
  piece(piece: Buffer, lent: boolean): boolean;
  /** Nothing more is there to send at the moment. */
  flush(): void;
  /** `trailers`: field lines, each with its CRLF. */
  complete(trailers: string): void;
  answer(response: OwnResponse, fields: string): void;
  /** Sends a 101; from here on bytes go both ways. `rest` was read behind the origin's 101. */
  switchProtocols(head: ResponseHead, fields: string, origin: Duplex, rest: Buffer): void;
  /** Breaks off: the response cannot be completed. */
  abort(): void;
}
