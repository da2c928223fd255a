import type { IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from 'node:http2';
import type { Http2Stream } from '../http2/stream.js';
import type { Clock } from '../net/clock.js';
import { hostPort, parseIp } from '../net/ip.js';
import { type Destination, DialError, type DialOptions } from '../offramps/contract.js';
import type { Connection } from './connection.js';
import type { Registry } from './registry.js';
import { abandon, TunnelSocket } from './tunnel-socket.js';

/** cloudflared logs less about requests whose User-Agent starts like this. */
const PROBE_USER_AGENT =
  'Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/;)';

/**
 * A connector answers 502 for every failed dial, without a reason. It gives up on its own after 5 s, so a failure near
 * that time was a timeout, and a quick one was a refusal.
 */
const QUICK_FAILURE_MS = 4_500;

export interface DialDependencies {
  readonly registry: Pick<Registry, 'pick'>;
  /** As `TunnelDialer.whenBack`. */
  readonly whenBack?: (tunnelId: string, retry: () => void) => (() => void) | null;
  readonly clock: Clock;
}

/**
 * A raw TCP stream to `destination` through one of the tunnel's connections. Another connection is tried only when one
 * breaks before its connector has answered: what the connector itself reports is final.
 */
export function dial(
  { registry, clock, whenBack }: DialDependencies,
  tunnelId: string,
  destination: Destination,
  options: DialOptions,
): TunnelSocket {
  const socket = new TunnelSocket();
  const name = hostPort(parseIp(destination.host)?.text ?? destination.host, destination.port);
  const tried = new Set<Connection>();
  let stopWaiting: (() => void) | null = null;
  /** The stream that waits for its answer. */
  let attempt: { stream: Http2Stream; connection: Connection } | undefined;

  const fail = (...reason: ConstructorParameters<typeof DialError>) =>
    socket.destroy(new DialError(...reason));
  const invalid = whyInvalid(destination, options);
  if (invalid) return fail('other', invalid) as TunnelSocket;

  const startTimeout = () =>
    clock.after(options.connectTimeoutMs, () => {
      attempt?.connection.suspect();
      fail('timeout', `no connection to ${name} through the tunnel within ${options.connectTimeoutMs} ms`);
    });
  let cancelTimeout = startTimeout();
  socket.once('close', () => {
    cancelTimeout();
    stopWaiting?.();
    if (attempt) abandon(attempt.stream, false);
  });

  function tryNext(): void {
    if (socket.destroyed) return;
    attempt = undefined;
    const connection = registry.pick(tunnelId, tried);
    if (!connection) {
      stopWaiting = tried.size === 0 ? (whenBack?.(tunnelId, goOn) ?? null) : null;
      if (stopWaiting) cancelTimeout();
      socket.awaited = stopWaiting !== null;
      if (!stopWaiting) fail('no_connection', whyNoConnection(tunnelId, tried.size));
      return;
    }
    tried.add(connection);
    try {
      attempt = { connection, stream: openStream(connection) };
    } catch (error) {
      // Only a session that is of no use any more throws here.
      connection.end(`a stream could not be opened: ${(error as Error).message}`);
      tryNext();
    }
  }

  /** The tunnel is back, or has had its time. */
  function goOn(): void {
    socket.awaited = false;
    cancelTimeout = startTimeout();
    socket.emit('dialling');
    tryNext();
  }

  function openStream(connection: Connection): Http2Stream {
    const startedAt = clock.monotonic();
    let answered = false;
    const broken = () => {
      if (answered) return;
      answered = true;
      tryNext();
    };
    const stream = connection.open(requestHeaders(name, options), {
      onDraining: () => void socket.emit('draining'),
      // The stream itself says so.
      onLost() {},
    });
    // `close` follows and says the same.
    stream.on('error', () => {});
    stream.once('close', broken);
    stream.once('response', (headers) => {
      if (answered || socket.destroyed) return;
      answered = true;
      cancelTimeout();
      attempt = undefined;
      if (headers[':status'] === 200) return socket.carry(stream);
      abandon(stream, true);
      fail(...whyRefused(name, headers, clock.monotonic() - startedAt));
    });
    return stream;
  }

  tryNext();
  return socket;
}

function whyInvalid({ host, port }: Destination, { clientIp }: DialOptions): string | null {
  if (!parseIp(host)) return `connectors reach IP addresses only, not ${host}`;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `port ${port} is not in 1..65535`;
  // With an empty one, a connector would take the stream for an HTTP request.
  return clientIp === '' ? 'a dial through a tunnel needs a client address' : null;
}

function requestHeaders(authority: string, { clientIp, purpose }: DialOptions): OutgoingHttpHeaders {
  const headers = {
    ':method': 'GET',
    ':scheme': 'https',
    ':path': '/',
    ':authority': authority,
    'cf-cloudflared-proxy-src': clientIp,
  };
  return purpose === 'probe' ? { ...headers, 'user-agent': PROBE_USER_AGENT } : headers;
}

function whyNoConnection(tunnelId: string, broken: number): string {
  if (broken === 0) return `tunnel ${tunnelId} has no connection that takes streams`;
  return `every connection of tunnel ${tunnelId} (${broken}) broke before its connector answered`;
}

function whyRefused(
  name: string,
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  elapsedMs: number,
): ConstructorParameters<typeof DialError> {
  const meta = String(headers['cf-cloudflared-response-meta'] ?? '');
  if (headers[':status'] !== 502)
    return ['other', `the connector answered ${headers[':status']} for ${name}`];
  if (meta.includes('flow_rate_limited'))
    return ['other', `the connector has too many flows to reach ${name}`];
  if (elapsedMs < QUICK_FAILURE_MS) return ['refused', `the connector could not connect to ${name}`];
  return ['timeout', `the connector timed out connecting to ${name} after ${Math.round(elapsedMs)} ms`];
}
