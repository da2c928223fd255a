import type { OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';

/** Why a dial failed, in the terms that the proxy maps to an edge error and the prober to a failure reason. */
export type DialFailure =
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'no_route'
  | 'no_connection'
  | 'no_ingress'
  | 'unknown_host'
  | 'prohibited'
  | 'reset'
  | 'other';

export class DialError extends Error {
  override readonly name = 'DialError';
  constructor(
    readonly failure: DialFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * So often is a request or a check sent anew to the same origin when its connection was lost: a connector that is killed
 * breaks its four connections at once, and the next may lead to another connector.
 */
export const MAX_REDIALS = 4;

/**
 * Milliseconds after which a connector that has not answered is joined by the next one, so that each is asked within
 * `timeoutMs`: its tunnel may be up while its network is dead.
 */
export function connectorPatience(timeoutMs: number, connectors: number): number {
  return Math.max(100, Math.floor(timeoutMs / (connectors + 1)));
}

/** Where bytes shall go: an IP literal or a host name, and a port, seen from the far end of the off-ramp. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

export interface DialOptions {
  /** Milliseconds until the socket must have connected; then it fails with `timeout`. */
  readonly connectTimeoutMs: number;
  /** On whose behalf: shown to the connector. */
  readonly clientIp: string;
  readonly purpose: 'traffic' | 'probe';
  /** The pool that the origin is asked in, when it is in one. */
  readonly poolId?: string;
  /** Whoever dials would rather have `OriginSocket.reads` than the event `data`. */
  readonly lent?: boolean;
}

/**
 * A byte stream towards an origin. It emits `connect` once when the origin itself has accepted, and `close` always.
 * A failure before `connect` is an `error` with a DialError. Destroying it resets the stream at both ends, unless it has been
 * ended and all of it delivered; `destroySoon` ends it in good order, see `endStream` in `net/stream-ends.ts`.
 * A tunnel's socket emits `draining` when its connection is about to go: it waits for this socket, so whoever holds the
 * socket should destroy it when it is idle, or else as soon as what is under way has ended. It emits `connectorDoubtful` with the
 * connector's name when that does not seem to reach the origin any more although another connector of the tunnel does: whoever
 * can should dial anew.
 */
export interface OriginSocket extends Duplex {
  readonly connecting: boolean;
  /** Nothing is dialled yet, and no time runs: its tunnel is on its way back. It emits `dialling` when that is over. */
  readonly awaited?: boolean;
  /** IP address of the far end when known (direct), for logs. */
  readonly remoteAddress?: string | undefined;
  /** The names of the tunnel's connectors that were asked to connect so far, for logs. */
  readonly connectors?: readonly string[];
  /** Lends what it reads; absent where that was not asked for, and where it cannot. */
  readonly reads?: OriginReads | null;
  destroySoon(): void;
}

/** Gets bytes as they come, one piece after the other. */
export type TakeBytes = (bytes: Buffer) => void;

/** The bytes of a socket without the event `data` and the stream's buffer in front of it. */
export interface OriginReads {
  /** The memory is used again as soon as `TakeBytes` returns, or, when it has paused the socket, as soon as that is resumed. */
  readonly lends: boolean;
  /** A long body is on its way: read it in large pieces. Where nothing is lent, this and `held` mean nothing. */
  streaming: boolean;
  /** What was lent last is still being written: the socket is paused until it has been. */
  held: boolean;
  /** `null`: what comes from now on is for the event `data`. */
  handTo(take: TakeBytes | null): void;
}

/** One HTTP request on its way through the ingress rules of a tunnel. */
export interface TunnelRequest {
  readonly stream: RequestStream;
  /** The connector that the request was sent to: its client id, and its name for logs. */
  readonly connector: { readonly clientId: string; readonly name: string };
  /** No answer came in time: finds out whether the connections of the connector still live. */
  suspect(): void;
  /** The connector says that its service gave no answer, or has not answered in time: for a while others are preferred. */
  connectorFailed(reason: string): void;
  /** An answer of the service came through it. */
  connectorReached(): void;
  /** The stream as a socket, after the answer has granted an upgrade (WebSocket). Called once. */
  upgraded(): Duplex;
}

/**
 * The requesting side of an HTTP/2 stream. It emits `response` and `trailers` with (headers, flags, rawHeaders), and
 * `close` always. Its errors are not told: `rstCode` and `TunnelRequestOptions.onLost` are.
 */
export interface RequestStream extends Duplex {
  /** Of the RST_STREAM that has ended it, whoever sent that; 0 after an end in good order. */
  readonly rstCode?: number | undefined;
  /** Sends RST_STREAM. */
  close(code?: number): void;
}

/** The head of a request: headers; or names and values in turn, names in lower case and pseudo-headers first. */
type OutgoingHead = OutgoingHttpHeaders | readonly string[];

export interface TunnelRequestOptions {
  /** The request has no body. */
  readonly endStream: boolean;
  /** The connection below is gone; called before the stream closes, which may look like an end in good order. */
  readonly onLost: (reason: string) => void;
  /** Client ids of connectors that have failed with this request: asked only when there is no other. */
  readonly failedConnectors?: ReadonlySet<string> | null | undefined;
  /** As `DialOptions.poolId`. */
  readonly poolId?: string;
}

export type Dial = (destination: Destination, options: DialOptions) => OriginSocket;

/** What the tunnel off-ramp needs of the edge: the registry of live connections. Implemented in `tunnel/edge/`. */
export interface TunnelDialer {
  /** Whether the tunnel has at least one connection that takes new streams. */
  connected(tunnelId: string): boolean;
  dial(tunnelId: string, destination: Destination, options: DialOptions): OriginSocket;
  /** Sends the head of an HTTP request. Throws a DialError: `no_connection` when no connection takes it, `other` when it cannot be sent. */
  request(tunnelId: string, head: OutgoingHead, options: TunnelRequestOptions): TunnelRequest;
  /** Those that have a connection, and why others are preferred to reach a destination, null when none are. */
  connectors(tunnelId: string, destination: string): readonly ConnectorState[];
  /** Whether the tunnel was connected when the last process ended, and still has time to come back: a dial waits for it. */
  awaited?(tunnelId: string): boolean;
  /** Calls `retry` once, when such a tunnel is back or has had its time. Returns what takes that back, or null: nothing to wait for. */
  whenBack?(tunnelId: string, retry: () => void): (() => void) | null;
  /** Called when a tunnel gets its first or loses its last usable connection, and when an awaited one has had its time. */
  onAvailability(listener: (tunnelId: string, available: boolean) => void): void;
}

interface ConnectorState {
  readonly clientId: string;
  /** For logs. */
  readonly name: string;
  readonly avoided: string | null;
}

/** What an off-ramp decision needs to know of an origin. */
export interface OriginPlace {
  readonly address: string;
  readonly ip: string | null;
  readonly virtualNetworkId: string | null;
  /** Whose origin it is: the hostname of another account's tunnel leads nowhere. */
  readonly accountId: string;
}

/**
 * Why there is no way: no route covers the address, the tunnel has no connection, the address is the hostname of a
 * tunnel that the account does not have, or it must not be dialled without a virtual network.
 */
export type NoWay = Extract<DialFailure, 'no_route' | 'no_connection' | 'no_ingress' | 'prohibited'>;

/** The way that bytes to an origin take at this moment. */
export type Way =
  | { readonly kind: 'direct' }
  | { readonly kind: 'tunnel'; readonly tunnelId: string; readonly routeId: string }
  /** Through the ingress rules of a tunnel, which decide by host and path: HTTP alone. */
  | { readonly kind: 'ingress'; readonly tunnelId: string }
  | {
      readonly kind: 'none';
      readonly failure: NoWay;
      readonly detail: string;
      /** The tunnel that has no connection was connected when the last process ended, and still has time to come back. */
      readonly awaitedTunnel?: string;
    };

export interface OffRamps {
  /** Chosen by virtual network and longest prefix; asked at every dial, so a new route counts at once. */
  select(origin: OriginPlace): Way;
  /** Whether an address, a literal, may be dialled without a virtual network. */
  mayDial(ip: string): boolean;
  /** As `TunnelDialer.whenBack`. */
  whenBack?(tunnelId: string, retry: () => void): (() => void) | null;
  /** `select` and dial in one step; when there is no way the returned socket fails with that DialError. */
  dial(origin: OriginPlace, port: number, options: DialOptions): OriginSocket;
  /** `select` and an HTTP request in one step, for an origin behind ingress rules. Throws the DialError when there is no such way. */
  request(origin: OriginPlace, head: OutgoingHead, options: TunnelRequestOptions): TunnelRequest;
  /** The connectors that may lead to the port of an origin, or to its host behind ingress rules; none of a direct one. */
  connectors(origin: OriginPlace, port: number, host: string): readonly ConnectorState[];
}

/** What the operating system or the resolver says (`error.code`), in the terms of the contract. */
const FAILURE_OF_CODE: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  ECONNRESET: 'reset',
};

/** Undefined for a code that says nothing about the destination. */
export const failureOfCode = (code: string): DialFailure | undefined =>
  Object.hasOwn(FAILURE_OF_CODE, code) ? FAILURE_OF_CODE[code] : undefined;

/** The DialError for whatever went wrong before `connect`; `cause` keeps the original with its `code`. */
export function toDialError(error: unknown, where: string): DialError {
  if (error instanceof DialError) return error;
  const { code = 'unknown error', message = String(error) } = (error ?? {}) as NodeJS.ErrnoException;
  const failure = failureOfCode(code) ?? 'other';
  return new DialError(failure, `Cannot connect to ${where}: ${message || code}`, { cause: error });
}

const BASE64 = /^[A-Za-z0-9+/]*$/;
/** Names that most answers have, by the way connectors write them: looking them up is cheaper than decoding them. */
const COMMON_NAMES = new Map(
  `Accept-Ranges Access-Control-Allow-Origin Age Cache-Control Connection Content-Encoding Content-Length Content-Type
  Date Etag Expires Keep-Alive Last-Modified Link Location Server Set-Cookie Strict-Transport-Security Vary Via`
    .split(/\s+/)
    .map((name) => [Buffer.from(name).toString('base64').replace(/=+$/, ''), name]),
);
const CONNECTOR_FIELD = /^cf-(?:cloudflared|int|proxy|warp-tag)-/i;

/**
 * Whether a field belongs to the protocol between edge and connector. In a request of somebody else's it could make the
 * connector take the stream for something else; in a response it means nothing to anybody behind the edge.
 */
export const isConnectorField = (name: string): boolean => CONNECTOR_FIELD.test(name);

/** The value of a field in names and values in turn; the first one when it is repeated. */
export function rawField(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) if (raw[i] === name) return raw[i + 1];
  return undefined;
}

/**
 * Who speaks in an answer, by the value of its `cf-cloudflared-response-meta`: the origin, or the connector itself, which
 * has none to pass on. Throws a SyntaxError.
 */
export function whoAnswers(meta: string | undefined): 'origin' | 'connector' {
  if (meta === undefined) throw new SyntaxError('cf-cloudflared-response-meta is missing');
  if (meta === '{"src":"origin"}') return 'origin';
  let parsed: unknown;
  try {
    parsed = JSON.parse(meta);
  } catch {}
  const source = (parsed as { src?: unknown } | null | undefined)?.src;
  if (source === 'origin') return 'origin';
  if (source === 'cloudflared') return 'connector';
  throw new SyntaxError(`cf-cloudflared-response-meta is ${JSON.stringify(meta.slice(0, 100))}`);
}

/**
 * The fields of the origin, in latin1, from the one value in which a connector brings them,
 * `cf-cloudflared-response-headers`: `name:value` pairs joined by `;`, both parts in base64 without padding. Those of the
 * connector are left out. What characters they are of is up to the caller. Throws a SyntaxError.
 */
export function originFields(serialized: string): readonly (readonly [name: string, value: string])[] {
  if (serialized === '') return [];
  const fields: (readonly [string, string])[] = [];
  for (const pair of serialized.split(';')) {
    const colon = pair.indexOf(':');
    if (colon < 1) throw unreadable('a pair without a name', pair);
    const coded = pair.slice(0, colon);
    const name = COMMON_NAMES.get(coded) ?? decoded(coded);
    const value = decoded(pair.slice(colon + 1));
    if (!isConnectorField(name)) fields.push([name, value]);
  }
  return fields;
}

function decoded(text: string): string {
  // Node skips what is not base64.
  if (!BASE64.test(text) || text.length % 4 === 1)
    throw unreadable('a part that is not base64 without padding', text);
  return Buffer.from(text, 'base64').toString('latin1');
}

/** Without the text, which goes into logs: it may be a cookie. */
function unreadable(what: string, text: string): SyntaxError {
  return new SyntaxError(`cf-cloudflared-response-headers has ${what}, of ${text.length} characters`);
}
