import type { Duplex } from 'node:stream';
import type { OriginFailure } from './errors.js';
import type { RequestHead } from './head/request-head.js';
import type { ResponseFraming, ResponseHead } from './head/response-head.js';
import type { OriginTarget } from './origin-target.js';

/** One request as an origin gets it. */
export interface OriginRequest {
  readonly head: RequestHead;
  /** For the Host field: the origin's override, or what the client asked for. */
  readonly host: string;
  /** The field lines that this proxy adds to those of the head that go on, each with its CRLF. */
  readonly fields: string;
  /** Client ids of the connectors that had no answer to it: others are asked first. */
  readonly failedConnectors?: ReadonlySet<string> | null;
}

/** The exchange that a responder works for. */
export interface ResponderUser {
  readonly method: string;
  /** The pieces of chunked bodies carry their framing, both ways; otherwise they are the data alone. */
  readonly framed: boolean;
  /** Trailers of the response are wanted: behind framed pieces in place, otherwise with `responseComplete`. */
  readonly takesTrailers: boolean;
  originContinues(): void;
  /** An interim response other than 100 and 101, such as 103 Early Hints; the final one follows. */
  originInforms(head: ResponseHead): void;
  /** 101: from here on the socket belongs to the user, with the bytes in `rest` already read. */
  originSwitches(head: ResponseHead, socket: Duplex, rest: Buffer): void;
  responseHead(head: ResponseHead, framing: ResponseFraming): void;
  /** `lent`: it may change as soon as the call has returned, or, when that has paused the responder, as soon as it is resumed. */
  responsePiece(piece: Buffer, lent: boolean): void;
  /** Everything that the last read brought has been handed over. */
  responseRead(): void;
  /** `trailers`: field lines, each with its CRLF. */
  responseComplete(reusable: boolean, trailers: string): void;
  /** The origin takes more of the request body. */
  originDrained(): void;
  /** The connector below, known by this name, does not reach the origin any more, and another one does. Only before the first byte of a response. */
  connectorDoubtful(connector: string): void;
  /** The responder is gone before the response was complete. */
  originFailed(failure: OriginFailure, cause: Error): void;
}

/** The side of the origin, as one attempt of an exchange needs it, whatever protocol the origin speaks. */
export interface Responder {
  /** Whether the response has begun, be it with one byte. */
  readonly answered: boolean;
  /** The connection below had served before: the origin may close it at any moment. */
  readonly reused: boolean;
  /** The names of the faults that the connection is under. */
  readonly faults: readonly string[];
  /** Sends the request with the part of its body that is there. Returns false when the caller shall wait for `originDrained`. */
  begin(user: ResponderUser, request: OriginRequest, body: readonly Buffer[]): boolean;
  /** A part of the body; answers as `begin` does. */
  send(piece: Buffer): boolean;
  /** The request is complete: now it is the origin's turn. */
  finish(): void;
  /** The origin takes no more of the request at the moment: it is its turn as well. */
  awaitOrigin(): void;
  /** It is the client's turn to send more of the request. */
  awaitClient(): void;
  pause(): void;
  resume(): void;
  /** After `responseComplete`. */
  release(reusable: boolean): void;
  /** Ends it without telling the user. */
  destroy(): void;
}

export interface ResponderOutcome {
  connected(responder: Responder): void;
  failed(failure: OriginFailure, cause: Error): void;
}

/** Where responders of one protocol come from. */
export interface Responders {
  /** One at hand; null when a connection must be made first. */
  take(target: OriginTarget): Responder | null;
  /** Connects. Calls exactly one of the outcomes, unless the function it returns is called first: that one gives up. */
  dial(target: OriginTarget, clientIp: string, outcome: ResponderOutcome): () => void;
  /** The endpoint was found down: nothing that leads there, at rest or not, is used for new requests. */
  drop(endpoint: string): void;
  /** The way to an origin may have changed: nothing of before is used for new requests. */
  renew(): void;
}
