import type { Duplex } from 'node:stream';
import type { DialFailure } from '../../tunnel/egress/contract.js';
import type { ResponseFraming, ResponseHead } from '../http/response-head.js';
import { HeadTooLarge, InvalidStatus } from '../http/syntax.js';
import type { OriginRequest, OriginTarget } from '../upstream/origin-target.js';

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
export interface DownstreamStream {
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

/** The exchange that a stream to an origin works for. */
export interface UpstreamUser {
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
  /** `lent`: it may change as soon as the call has returned, or, when that has paused the stream, as soon as it is resumed. */
  responsePiece(piece: Buffer, lent: boolean): void;
  /** Everything that the last read brought has been handed over. */
  responseRead(): void;
  /** `trailers`: field lines, each with its CRLF. */
  responseComplete(reusable: boolean, trailers: string): void;
  /** The origin takes more of the request body. */
  originDrained(): void;
  /** The connector below, known by this name, does not reach the origin any more, and another one does. Only before the first byte of a response. */
  connectorDoubtful(connector: string): void;
  /** The stream is gone before the response was complete. */
  originFailed(failure: OriginFailure, cause: Error): void;
}

/** The side of the origin, as one attempt of an exchange needs it, whatever protocol the origin speaks. */
export interface UpstreamStream {
  /** Whether the response has begun, be it with one byte. */
  readonly answered: boolean;
  /** The connection below had served before: the origin may close it at any moment. */
  readonly reused: boolean;
  /** The names of the faults that the connection is under. */
  readonly faults: readonly string[];
  /** Sends the request with the part of its body that is there. Returns false when the caller shall wait for `originDrained`. */
  begin(user: UpstreamUser, request: OriginRequest, body: readonly Buffer[]): boolean;
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

export interface UpstreamOutcome {
  connected(stream: UpstreamStream): void;
  failed(failure: OriginFailure, cause: Error): void;
}

/** Where streams to origins come from, of one protocol. */
export interface UpstreamPool {
  /** One at hand; null when a connection must be made first. */
  take(target: OriginTarget): UpstreamStream | null;
  /** Connects. Calls exactly one of the outcomes, unless the function it returns is called first: that one gives up. */
  dial(target: OriginTarget, clientIp: string, outcome: UpstreamOutcome): () => void;
  /** The endpoint was found down: nothing that leads there, at rest or not, is used for new requests. */
  drop(endpoint: string): void;
  /** The way to an origin may have changed: nothing of before is used for new requests. */
  invalidate(): void;
}

/** How an attempt at an origin can end without a response. */
export type OriginFailure =
  | 'invalid_response'
  | 'invalid_status'
  | 'response_header_too_large'
  | 'refused'
  | 'connect_timeout'
  | 'unreachable'
  | 'head_timeout'
  | 'tls_handshake'
  | 'tls_certificate'
  | 'unknown_host'
  | 'prohibited'
  | 'no_ingress'
  | 'connector_failed'
  | 'connector_invalid';

/** An attempt has failed in a way that whoever found it can name. */
export class OriginFault extends Error {
  override readonly name = 'OriginFault';
  constructor(
    readonly failure: OriginFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A connector had no answer of the service behind it to pass on. */
export class ConnectorFault extends OriginFault {
  readonly clientId: string;
  constructor({ clientId, name }: { readonly clientId: string; readonly name: string }, message: string) {
    super('connector_failed', `${name}: ${message}`);
    this.clientId = clientId;
  }
}

const FAILURE_OF_DIAL = {
  refused: 'refused',
  timeout: 'connect_timeout',
  unreachable: 'unreachable',
  no_route: 'unreachable',
  no_connection: 'unreachable',
  no_ingress: 'no_ingress',
  unknown_host: 'unknown_host',
  prohibited: 'prohibited',
  // Reset while connecting: nobody took the connection, and nothing was sent yet.
  reset: 'refused',
  other: 'unreachable',
} satisfies Record<DialFailure, OriginFailure>;

/** What a dial that has failed means for a request. Behind ingress rules, a tunnel without connections is error 1033. */
export function failureOfDial(
  failure: DialFailure,
  { tunnelId }: { readonly tunnelId: string | null },
): OriginFailure {
  return tunnelId !== null && failure === 'no_connection' ? 'no_ingress' : FAILURE_OF_DIAL[failure];
}

/** What it means for an attempt that a response could not be read. */
export function failureOfResponse(error: unknown): OriginFailure {
  if (error instanceof OriginFault) return error.failure;
  if (error instanceof InvalidStatus) return 'invalid_status';
  return error instanceof HeadTooLarge ? 'response_header_too_large' : 'invalid_response';
}
