import type { IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from 'node:http2';
import { hostPort, parseIp } from '../../net/addresses.js';
import type { Clock } from '../../net/clock.js';
import {
  connectorPatience,
  type Destination,
  DialError,
  type DialFailure,
  type DialOptions,
  failureOfCode,
} from '../egress/contract.js';
import { CODE } from '../h2/frames.js';
import type { Http2Stream } from '../h2/stream.js';
import type { Connection } from './connection.js';
import { type CarriedSockets, type CheckTurns, connectorName, type Reachability } from './reachability.js';
import type { Registry } from './registry.js';
import { leave, TunnelSocket } from './tunnel-socket.js';

/** cloudflared logs less about requests whose User-Agent starts like this. */
const PROBE_USER_AGENT =
  'Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/;)';

/** So many connectors are asked for one client; a health check asks all: only then nobody reaches the destination. */
const MAX_CONNECTORS_FOR_TRAFFIC = 3;
/** A connector dials for seconds when its network is dead, and for milliseconds otherwise: longer than this nobody waits for one alone. */
const MAX_PATIENCE_MS = 1_000;
/** Connectors that an error names. */
const MAX_NAMED = 4;

interface DialDependencies {
  readonly registry: Pick<Registry, 'pick' | 'connectors' | 'probeLiveness'>;
  readonly reachability: Reachability;
  readonly carriedSockets: CarriedSockets;
  readonly checkTurns: CheckTurns;
  /** As `TunnelDialer.whenBack`. */
  readonly whenBack?: (tunnelId: string, retry: () => void) => (() => void) | null;
  readonly real: Clock;
}

/**
 * A raw TCP stream to `destination` through one of the tunnel's connectors. Nothing has been sent before a connector has
 * connected, so one that fails, or does not answer, is followed by another: see the limits above. A connection that
 * breaks says nothing about its connector, which may be asked again over another one. Health checks begin with the connector
 * whose turn it is.
 */
export function dial(
  { registry, reachability, carriedSockets, checkTurns, real, whenBack }: DialDependencies,
  tunnelId: string,
  destination: Destination,
  options: DialOptions,
): TunnelSocket {
  const socket = new TunnelSocket();
  const name = hostPort(parseIp(destination.host)?.text ?? destination.host, destination.port);
  const broken = new Set<Connection>();
  /** Client ids of those that have failed or are still trying. */
  const asked = new Set<string>();
  /** The streams that wait for their answers. */
  const waiting = new Map<Http2Stream, { readonly connection: Connection; readonly startedAt: number }>();
  const failures: (ConnectorFailure & { readonly connector: string })[] = [];
  const choice = {
    excludes: (connection: Connection) => broken.has(connection) || asked.has(connection.info.clientId),
    avoids: (connection: Connection) => reachability.whyAvoided(connection.info, name) !== null,
  };
  let stopWaiting: (() => void) | null = null;

  const fail = (...reason: ConstructorParameters<typeof DialError>) =>
    socket.destroy(new DialError(...reason));
  const invalid = whyInvalid(destination, options);
  if (invalid) return fail('other', invalid) as TunnelSocket;

  const most = options.purpose === 'probe' ? Number.POSITIVE_INFINITY : MAX_CONNECTORS_FOR_TRAFFIC;
  /** Those that are asked at the most; known when there are any. */
  const connectors = () => Math.min(most, registry.connectors(tunnelId).length);
  let patienceMs = MAX_PATIENCE_MS;
  let cancelPatience = () => {};
  const startTimeout = () =>
    real.after(options.connectTimeoutMs, () => {
      for (const { connection } of waiting.values()) registry.probeLiveness(connection);
      const within = `within ${options.connectTimeoutMs} ms`;
      fail('timeout', `no connection to ${name} through the tunnel ${within}: ${namesOf(socket.connectors)}`);
    });
  let cancelTimeout = startTimeout();
  socket.once('close', () => {
    stopClocks();
    stopWaiting?.();
    noteSilent();
    abandonWaiting();
  });

  function stopClocks(): void {
    cancelTimeout();
    cancelPatience();
  }

  function abandonWaiting(): void {
    for (const stream of waiting.keys()) stream.close(CODE.CANCEL);
    waiting.clear();
  }

  /** Those that had their time and have not answered. */
  function silent(): { connection: Connection; ms: number }[] {
    return [...waiting.values()]
      .map(({ connection, startedAt }) => ({ connection, ms: Math.round(real.monotonic() - startedAt) }))
      .filter(({ ms }) => ms >= patienceMs);
  }

  function noteSilent(): void {
    for (const { connection, ms } of silent())
      reachability.failed(connection.info, name, `no answer within ${ms} ms`);
  }

  /** The destination may be silent, or the way to the connector. */
  function patienceOver(): void {
    for (const { connection } of silent()) registry.probeLiveness(connection);
    if (asked.size < connectors()) tryNext();
  }

  function tryNext(): void {
    if (!socket.connecting || socket.destroyed) return;
    const connection = asked.size < most ? next() : undefined;
    if (connection) ask(connection);
    else if (waiting.size === 0 && !waitsForTunnel()) giveUp();
  }

  function next(): Connection | undefined {
    const first = options.purpose === 'probe' && asked.size === 0 && broken.size === 0;
    return (first ? connectionInTurn() : undefined) ?? registry.pick(tunnelId, choice);
  }

  function connectionInTurn(): Connection | undefined {
    const reaching = registry.connectors(tunnelId).filter((connection) => !choice.avoids(connection));
    if (reaching.length < 2) return undefined;
    const clientId = checkTurns.next(tunnelId, name, reaching);
    return registry.pick(tunnelId, { ...choice, excludes: ({ info }) => info.clientId !== clientId });
  }

  /** Whether connectors of the tunnel are expected to come back after a start. */
  function waitsForTunnel(): boolean {
    if (asked.size > 0 || broken.size > 0) return false;
    stopWaiting = whenBack?.(tunnelId, goOn) ?? null;
    if (!stopWaiting) return false;
    cancelTimeout();
    socket.awaited = true;
    return true;
  }

  function giveUp(): void {
    if (failures.length === 0) return void fail('no_connection', whyNoConnection(tunnelId, broken.size));
    const { failure, code } = mostTelling(failures);
    const reasons = failures.map(({ connector, reason }) => `${connector} ${reason}`);
    const cause = code === undefined ? undefined : Object.assign(new Error(code), { code });
    fail(failure, `no connection to ${name} through the tunnel: ${namesOf(reasons)}`, { cause });
  }

  function ask(connection: Connection): void {
    const { info } = connection;
    asked.add(info.clientId);
    try {
      waiting.set(openStream(connection), { connection, startedAt: real.monotonic() });
    } catch (error) {
      // Only a session that is of no use any more throws here.
      connection.end(`a stream could not be opened: ${(error as Error).message}`);
      lost(connection);
      return;
    }
    socket.connectors = [...socket.connectors, connectorName(info)];
    cancelPatience();
    patienceMs = Math.min(MAX_PATIENCE_MS, connectorPatience(options.connectTimeoutMs, connectors()));
    cancelPatience = real.after(patienceMs, patienceOver);
  }

  function lost(connection: Connection): void {
    broken.add(connection);
    asked.delete(connection.info.clientId);
    tryNext();
  }

  /** The tunnel is back, or has had its time. */
  function goOn(): void {
    socket.awaited = false;
    cancelTimeout = startTimeout();
    socket.emit('dialling');
    tryNext();
  }

  function openStream(connection: Connection): Http2Stream {
    const startedAt = real.monotonic();
    let carried = false;
    const stream = connection.open(requestHeaders(name, options), {
      onDraining: () => void ((carried || waiting.has(stream)) && socket.emit('draining')),
      // The stream itself says so.
      onLost() {},
    });
    // `close` follows and says the same.
    stream.on('error', () => {});
    stream.once('close', () => {
      if (waiting.delete(stream)) lost(connection);
    });
    stream.once('response', (headers) => {
      if (!waiting.delete(stream)) return;
      if (headers[':status'] === 200) {
        carried = true;
        stopClocks();
        noteSilent();
        abandonWaiting();
        reachability.reached(connection.info, name);
        carriedSockets.add(connection.info, name, socket);
        socket.carry(stream, connection.halfClose);
        return;
      }
      leave(stream);
      const failure = readDialFailure(headers, real.monotonic() - startedAt);
      failures.push({ ...failure, connector: connectorName(connection.info) });
      if (failure.aboutDestination) reachability.failed(connection.info, name, failure.reason);
      tryNext();
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

function namesOf(texts: readonly string[]): string {
  const more = texts.length - MAX_NAMED;
  return texts.slice(0, MAX_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Why a connector did not connect. */
interface ConnectorFailure {
  readonly failure: DialFailure;
  readonly reason: string;
  /** Of the connector's system, such as ECONNREFUSED; undefined when it does not tell. */
  readonly code?: string | undefined;
  /** Whether it says anything about the connector and this destination. */
  readonly aboutDestination: boolean;
}

/**
 * cloudflared answers 502 for every failed dial, without a reason. It gives up on its own after 5 s, so a failure near
 * that time was a timeout. A quick one may have been a refusal, an address that nobody has, or a network that is down: these
 * cannot be told apart, and count as a refusal.
 */
const QUICK_FAILURE_MS = 4_500;

/** What the answer to a dial means when it is not 200; `elapsedMs` is how long the connector took. */
function readDialFailure(
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  elapsedMs: number,
): ConnectorFailure {
  const status = headers[':status'];
  if (status !== 502) return { failure: 'other', reason: `answered ${status}`, aboutDestination: false };
  const meta = metaOf(headers['cf-cloudflared-response-meta']);
  if (meta.flow_rate_limited)
    return { failure: 'other', reason: 'has too many flows', aboutDestination: false };
  const { dial_error: code } = meta;
  const told = typeof code === 'string' ? failureOfCode(code) : undefined;
  if (told)
    return { failure: told, reason: `failed with ${code}`, code: code as string, aboutDestination: true };
  if (elapsedMs < QUICK_FAILURE_MS) {
    const reason = 'could not connect and does not say why (refused, or no way to the address)';
    return { failure: 'refused', reason, aboutDestination: true };
  }
  return {
    failure: 'timeout',
    reason: `timed out after ${Math.round(elapsedMs)} ms`,
    aboutDestination: true,
  };
}

function metaOf(value: string | string[] | undefined): { flow_rate_limited?: unknown; dial_error?: unknown } {
  try {
    return Object(JSON.parse(String(value)));
  } catch {
    return {};
  }
}

/** Of several, the first of these says most about the destination: somebody there has answered. */
const TELLING: readonly DialFailure[] = ['refused', 'reset', 'timeout', 'unreachable'];

/** The failure that stands for all, which is not empty. */
function mostTelling(failures: readonly ConnectorFailure[]): ConnectorFailure {
  const rank = ({ failure, code }: ConnectorFailure) => {
    // A refusal that is only assumed says less than anything a connector has told.
    if (failure === 'refused' && code === undefined) return TELLING.length - 0.5;
    const index = TELLING.indexOf(failure);
    return index < 0 ? TELLING.length : index;
  };
  return failures.reduce((best, other) => (rank(other) < rank(best) ? other : best));
}
