import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Http2Session } from '../http2/session.js';
import type { Http2Stream } from '../http2/stream.js';
import type { ConnectionInfo, ListenAddress } from '../live/messages.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import { type Clock, systemClock } from '../net/clock.js';
import { parseIp } from '../net/ip.js';
import type { TunnelDialer } from '../offramps/contract.js';
import { authenticate } from './authenticate.js';
import { type Connection, createConnection } from './connection.js';
import { openControlStream } from './control-stream.js';
import { dial } from './dial.js';
import { type Candidate, createListener } from './listener.js';
import type { Refused, RegisterAnswer } from './registration/answer.js';
import type { RegisterRequest } from './registration/request.js';
import { createRegistry } from './registry.js';

export interface EdgeOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** PEM; see `authority.ts`. */
  readonly key: string;
  readonly certificate: string;
  /** What connectors and the API show as the place of a connection, such as `LOCAL01`. */
  readonly locationName: string;
  readonly log: Logger;
  /** The tunnels that may register. */
  readonly store: SnapshotStore;
  readonly clock?: Clock;
  /** Milliseconds between two pings of a connection; 10 s when absent. */
  readonly pingIntervalMs?: number;
  /** Milliseconds until an unanswered ping ends a connection; 5 s when absent. */
  readonly pingTimeoutMs?: number;
  /** Milliseconds from the TCP connection to the registration; 10 s when absent. */
  readonly registrationTimeoutMs?: number;
}

export interface ConnectionEvent {
  readonly type: 'opened' | 'closed';
  readonly connection: ConnectionInfo;
  /** Unix milliseconds. */
  readonly at: number;
}

/** A connection counts from its registration until it takes no new streams: unregistered, replaced, drained or lost. */
export interface Edge extends TunnelDialer {
  listen(): Promise<ListenAddress>;
  connections(tunnelId: string): readonly ConnectionInfo[];
  /** Ends connections of a tunnel, or only those of one connector; answers how many. */
  drop(tunnelId: string, clientId: string | null): number;
  onConnection(listener: (event: ConnectionEvent) => void): void;
  /** Takes no new registrations, lets the open streams end for at most `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

/** 25 connectors of 4 connections each, the product's limit for one tunnel. */
const MAX_CONNECTIONS_PER_TUNNEL = 100;
const RETRY_AFTER_MS = 5_000;

export function createEdge(options: EdgeOptions): Edge {
  const { log, store, clock = systemClock } = options;
  const registry = createRegistry();
  /** With those that are draining. */
  const live = new Set<Connection>();
  const connectionListeners: ((event: ConnectionEvent) => void)[] = [];
  const idleWaiters: (() => void)[] = [];

  const listener = createListener({
    host: options.host,
    port: options.port,
    key: options.key,
    certificate: options.certificate,
    clock,
    log,
    registrationTimeoutMs: options.registrationTimeoutMs ?? 10_000,
    onSession: welcome,
  });

  function announce(type: ConnectionEvent['type'], connection: ConnectionInfo): void {
    for (const tell of connectionListeners) tell({ type, connection, at: clock.now() });
  }

  function welcome(session: Http2Session, candidate: Candidate): void {
    let connection: Connection | undefined;
    const control = openControlStream(session, {
      register(request) {
        const refusal = whyRefused(request);
        if (refusal) return refusal;
        candidate.admit();
        connection = admit(request, session, control, candidate);
        return registered(connection.info);
      },
      refused() {
        // cloudflared would sit on the open session for ever, registered nowhere.
        session.close();
        clock.after(1_000, candidate.cut);
      },
      unregistered: () => connection?.drain('unregistered'),
      broken(reason) {
        log.debug({ remote: candidate.remoteAddress, reason }, 'edge: connector broke the protocol');
        if (connection) connection.end(`the connector broke the protocol: ${reason}`);
        else candidate.cut();
      },
    });
  }

  function whyRefused(request: RegisterRequest): Refused | null {
    const { tunnelId, clientId, version, connIndex } = request;
    const cause = authenticate(store.snapshot.tunnels, request).cause ?? whyFull(request);
    if (!cause) return null;
    log.warn({ tunnelId, clientId, version, connIndex, cause }, 'edge: connector refused');
    return { registered: false, cause, shouldRetry: true, retryAfterMs: RETRY_AFTER_MS };
  }

  function whyFull({ tunnelId, clientId, connIndex }: RegisterRequest): string | null {
    const others = registry
      .of(tunnelId)
      .filter(({ info }) => info.clientId !== clientId || info.connIndex !== connIndex);
    if (others.length < MAX_CONNECTIONS_PER_TUNNEL) return null;
    return `The tunnel has ${others.length} connections, and may have ${MAX_CONNECTIONS_PER_TUNNEL}`;
  }

  function admit(
    request: RegisterRequest,
    session: Http2Session,
    control: Http2Stream,
    candidate: Candidate,
  ): Connection {
    const info = describe(request, candidate.remoteAddress);
    const context = { tunnelId: info.tunnelId, clientId: info.clientId, connIndex: info.connIndex };
    const connection = createConnection({
      info,
      session,
      control,
      clock,
      pingIntervalMs: options.pingIntervalMs ?? 10_000,
      pingTimeoutMs: options.pingTimeoutMs ?? 5_000,
      onUnusable(reason) {
        log.info({ ...context, reason }, 'edge: connection takes no more streams');
        announce('closed', info);
        registry.remove(connection);
      },
      onClosed(reason) {
        log.info({ ...context, reason }, 'edge: connection closed');
        live.delete(connection);
        if (live.size === 0) for (const done of idleWaiters.splice(0)) done();
      },
    });
    live.add(connection);
    announce('opened', info);
    registry.add(connection)?.end('replaced by a newer connection of the same connector');
    log.info(
      { ...context, version: info.clientVersion, originIp: info.originIp },
      'edge: connector registered',
    );
    return connection;
  }

  function describe(request: RegisterRequest, remoteAddress: string): ConnectionInfo {
    return {
      id: randomUUID(),
      tunnelId: request.tunnelId,
      clientId: request.clientId,
      clientVersion: request.version,
      arch: request.arch,
      features: request.features,
      connIndex: request.connIndex,
      coloName: options.locationName,
      originIp: parseIp(remoteAddress)?.text ?? remoteAddress,
      openedAt: clock.now(),
    };
  }

  function registered(info: ConnectionInfo): RegisterAnswer {
    return {
      registered: true,
      connectionId: info.id,
      locationName: options.locationName,
      remotelyManaged: store.snapshot.tunnels.get(info.tunnelId)?.remotelyManaged ?? false,
    };
  }

  function drop(tunnelId: string, clientId: string | null, reason: string): number {
    const chosen = [...live].filter(
      ({ info }) => info.tunnelId === tunnelId && (clientId === null || info.clientId === clientId),
    );
    for (const connection of chosen) connection.end(reason);
    return chosen.length;
  }

  async function close(): Promise<void> {
    const closed = listener.close();
    for (const connection of [...live]) connection.end('the edge is closing');
    await closed;
  }

  store.onChange((changes) => {
    for (const { noun, id, after } of changes) {
      if (noun === 'tunnel' && !after) drop(id, null, 'the tunnel was deleted');
    }
  });

  return {
    listen: listener.listen,
    connected: registry.connected,
    onAvailability: registry.onAvailability,
    onConnection: (tell) => void connectionListeners.push(tell),
    connections: (tunnelId) => registry.of(tunnelId).map(({ info }) => info),
    dial: (tunnelId, destination, dialOptions) =>
      dial({ registry, clock }, tunnelId, destination, dialOptions),
    drop: (tunnelId, clientId) => drop(tunnelId, clientId, 'dropped on request'),
    async drain(graceMs) {
      void listener.close();
      for (const connection of [...live]) connection.drain('the edge is draining');
      if (live.size > 0) {
        await new Promise<void>((resolve) => {
          idleWaiters.push(resolve);
          clock.after(graceMs, resolve);
        });
      }
      await close();
    },
    close,
  };
}
