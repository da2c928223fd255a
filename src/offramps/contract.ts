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
}

/**
 * A byte stream towards an origin. It emits `connect` once when the origin itself has accepted, and `close` always.
 * A failure before `connect` is an `error` with a DialError. Destroying it aborts at once, on both ends.
 * A tunnel's socket emits `draining` when its connection is about to go: it waits for this socket, so whoever holds the
 * socket should destroy it when it is idle, or else as soon as what is under way has ended.
 */
export interface OriginSocket extends Duplex {
  readonly connecting: boolean;
  /** IP address of the far end when known (direct), for logs. */
  readonly remoteAddress?: string | undefined;
}

export type Dial = (destination: Destination, options: DialOptions) => OriginSocket;

/** What the tunnel off-ramp needs of the edge: the registry of live connections. Implemented in `edge/`. */
export interface TunnelDialer {
  /** Whether the tunnel has at least one connection that takes new streams. */
  connected(tunnelId: string): boolean;
  dial(tunnelId: string, destination: Destination, options: DialOptions): OriginSocket;
  /** Called when a tunnel gets its first or loses its last usable connection. */
  onAvailability(listener: (tunnelId: string, available: boolean) => void): void;
}

/** What an off-ramp decision needs to know of an origin. */
export interface OriginAddress {
  readonly address: string;
  readonly ip: string | null;
  readonly virtualNetworkId: string | null;
}

/**
 * Why there is no way: no route covers the address, the tunnel of the route has no connection, or the address is the
 * published hostname of a tunnel, whose ingress rules nothing here goes by.
 */
export type NoWay = Extract<DialFailure, 'no_route' | 'no_connection' | 'no_ingress'>;

/** The way that bytes to an origin take at this moment. */
export type Way =
  | { readonly kind: 'direct' }
  | { readonly kind: 'tunnel'; readonly tunnelId: string; readonly routeId: string }
  | { readonly kind: 'none'; readonly failure: NoWay; readonly detail: string };

export interface OffRamps {
  /** Chosen by virtual network and longest prefix; asked at every dial, so a new route counts at once. */
  select(origin: OriginAddress): Way;
  /** `select` and dial in one step; when there is no way the returned socket fails with that DialError. */
  dial(origin: OriginAddress, port: number, options: DialOptions): OriginSocket;
}
