/** Bounds of everything that a peer can make grow. */
export interface ProxyLimits {
  /** Bytes of a request or response head, the blank line included. */
  readonly headBytes: number;
  readonly fieldCount: number;
  /** Bytes of a request body that are kept for the one retry; also what is read ahead while an origin connects. */
  readonly replayBytes: number;
  readonly idlePerOrigin: number;
  /** Of all origins together: behind a wildcard name every host name may have TLS connections of its own. */
  readonly idleTotal: number;
  readonly clientConnections: number;
  /** Requests under way over HTTP/2, of all clients together. */
  readonly streams: number;
  /** At the same time. */
  readonly tlsHandshakes: number;
  /** Made for names of load balancers and kept. */
  readonly certificates: number;
}

/** Milliseconds; the clock behind them is coarse, see `deadlines.ts`. */
export interface ProxyTimeouts {
  readonly tlsHandshake: number;
  /** From the first byte of a request head, or from the accept, to its blank line. */
  readonly clientHead: number;
  /** Between two requests on one client connection. */
  readonly clientIdle: number;
  /** After a drain has begun: for the handshakes and first requests of clients that have just connected. */
  readonly firstWhileDraining: number;
  /** Of an HTTP/2 session with requests under way, without a byte in either direction: then a PING must go out as long again. */
  readonly sessionSilence: number;
  /** Without a byte of a body moving, in either direction. */
  readonly bodyIdle: number;
  /** Until the origin has accepted, and again until its TLS handshake is done. */
  readonly originConnect: number;
  /** From the last byte sent to the origin to the end of its response head. */
  readonly originHead: number;
  /** How long an unused origin connection is kept. */
  readonly originIdle: number;
  /** Without a byte in either direction after a protocol switch. */
  readonly upgradedIdle: number;
  /** How long a connection that must close is still read, so that the client gets the answer and not a reset. */
  readonly linger: number;
  /** How often deadlines are looked at: no timeout is finer than this. */
  readonly tick: number;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  headBytes: 32 * 1024,
  fieldCount: 128,
  replayBytes: 64 * 1024,
  idlePerOrigin: 256,
  idleTotal: 4_096,
  clientConnections: 10_000,
  streams: 10_000,
  tlsHandshakes: 1_024,
  certificates: 1_000,
};

export const DEFAULT_TIMEOUTS: ProxyTimeouts = {
  tlsHandshake: 10_000,
  clientHead: 10_000,
  clientIdle: 75_000,
  firstWhileDraining: 250,
  sessionSilence: 15_000,
  bodyIdle: 100_000,
  originConnect: 15_000,
  originHead: 100_000,
  originIdle: 60_000,
  upgradedIdle: 600_000,
  linger: 2_000,
  tick: 500,
};
