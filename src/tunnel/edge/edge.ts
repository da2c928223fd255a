import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { ConfigurationState, ConnectionInfo, ListenAddress } from '../../bridge/messages.js';
import { parseIp } from '../../net/addresses.js';
import { type Clock, realTime } from '../../net/clock.js';
import type { ListenOn } from '../../net/listening-sockets.js';
import type { SnapshotStore } from '../../state/snapshot-store.js';
import type { TunnelDialer } from '../egress/contract.js';
import type { Http2Session } from '../h2/session.js';
import type { Http2Stream } from '../h2/stream.js';
import { CallFailed } from '../rpc/calls.js';
import type { Refused, RegisterAnswer, RegisterRequest } from '../rpc/registration.js';
import { createConfigurations } from './configurations.js';
import { type Connection, createConnection } from './connection.js';
import { authenticateConnector, openControlStream } from './control-stream.js';
import { dial } from './dial.js';
import { createEdgeListener, type PendingConnection } from './listener.js';
import { connectorName, createCarriedSockets, createCheckTurns, createReachability } from './reachability.js';
import {
  type AwaitedTunnels,
  createAwaitedTunnels,
  createLiveConnections,
  createRegistry,
} from './registry.js';
import { request } from './request.js';

export interface EdgeOptions extends ListenOn {
  /** PEM; see `authority.ts`. */
  readonly key: string;
  readonly certificate: string;
  /** What connectors and the API show as the place of a connection, such as `LOCAL01`. */
  readonly locationName: string;
  readonly log: Logger;
  /** The tunnels that may register. */
  readonly store: SnapshotStore;
  /** Those that were connected when the last process ended. */
  readonly awaitedTunnels?: readonly string[];
  /** By which connections are dated, tunnels awaited and connectors avoided; real time when absent. */
  readonly clock?: Clock;
  /** By which peers are timed: another one in tests. */
  readonly real?: Clock;
  /** Milliseconds between two pings of a connection; 10 s when absent. */
  readonly pingIntervalMs?: number;
  /** Milliseconds until an unanswered ping ends a connection; 5 s when absent. */
  readonly pingTimeoutMs?: number;
  /** Milliseconds from the TCP connection to the registration; 10 s when absent. */
  readonly registrationTimeoutMs?: number;
  /** Milliseconds that a connector may take to answer to a configuration; 5 s when absent. */
  readonly configurationTimeoutMs?: number;
  /**
   * Milliseconds without a byte, after a client has ended its half, until a connector that knows no half-close is told; 5 s
   * when absent.
   */
  readonly halfCloseIdleMs?: number;
}

export interface EdgeConnectionEvent {
  readonly type: 'opened' | 'closed';
  readonly connection: ConnectionInfo;
  /** Unix milliseconds. */
  readonly at: number;
}

/** A connection counts from its registration until it takes no new streams: unregistered, replaced, drained or lost. */
export interface Edge extends TunnelDialer {
  listen(): Promise<ListenAddress>;
  /** For new connections; those that are there stay as they are. PEM. */
  useCertificate(leaf: { readonly certificate: string; readonly key: string }): void;
  connections(tunnelId: string): readonly ConnectionInfo[];
  /** Streams that are open, by tunnel, on its connections of whatever state. */
  streams(): ReadonlyMap<string, number>;
  /** The tunnels that were connected before the start and still have time to come back. */
  readonly awaiting: Pick<AwaitedTunnels, 'size' | 'released'>;
  /** Ends connections of a tunnel, or only those of one connector; answers how many. */
  drop(tunnelId: string, clientId: string | null): number;
  onConnection(listener: (event: EdgeConnectionEvent) => void): void;
  /** A connector has answered to a configuration over this connection, or will not. */
  onConfiguration(listener: (connection: ConnectionInfo, state: ConfigurationState) => void): void;
  /** A connector tells the configuration of a tunnel that it manages: JSON text of an object. */
  onLocalConfiguration(listener: (tunnelId: string, config: string) => void): void;
  /** Resolves when the connectors follow the last change of the snapshot, but after `limitMs` at the latest. */
  configured(limitMs: number): Promise<void> | null;
  /** Takes no new registrations, lets the open streams end for at most `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

/** 25 connectors of 4 connections each, the product's limit for one tunnel. */
const MAX_CONNECTIONS_PER_TUNNEL = 100;
const RETRY_AFTER_MS = 5_000;
/** cloudflared tells its configuration once. Each may have a million bytes, which the other thread must read. */
const MAX_LOCAL_CONFIGURATIONS = 16;

export function createEdge(options: EdgeOptions): Edge {
  const { log, store, clock = realTime, real = realTime } = options;
  const registry = createRegistry();
  const reachability = createReachability({ clock, log });
  const carriedSockets = createCarriedSockets(registry, reachability);
  const checkTurns = createCheckTurns();
  const live = createLiveConnections();
  const availabilityListeners: ((tunnelId: string, available: boolean) => void)[] = [];
  const tellAvailability = (tunnelId: string, available: boolean) => {
    for (const tell of availabilityListeners) tell(tunnelId, available);
  };
  const awaited = createAwaitedTunnels(options.awaitedTunnels ?? [], clock, (tunnelId) => {
    log.info({ tunnelId }, 'edge: a tunnel that was connected before the start has not come back');
    tellAvailability(tunnelId, false);
  });
  registry.onAvailability((tunnelId, available) => {
    if (available) awaited.release(tunnelId);
    tellAvailability(tunnelId, available);
  });
  const connectionListeners: ((event: EdgeConnectionEvent) => void)[] = [];
  const configurationListeners: ((connection: ConnectionInfo, state: ConfigurationState) => void)[] = [];
  const localConfigurationListeners: ((tunnelId: string, config: string) => void)[] = [];
  const idleWaiters: (() => void)[] = [];
  const configurations = createConfigurations({
    store,
    connectionsOf: registry.of,
    real,
    log,
    timeoutMs: options.configurationTimeoutMs ?? 5_000,
    onState(connection, state) {
      for (const tell of configurationListeners) tell(connection, state);
    },
  });

  const listener = createEdgeListener({
    host: options.host,
    port: options.port,
    socket: options.socket,
    key: options.key,
    certificate: options.certificate,
    real,
    log,
    registrationTimeoutMs: options.registrationTimeoutMs ?? 10_000,
    onHandshake,
  });

  function announce(type: EdgeConnectionEvent['type'], connection: ConnectionInfo): void {
    for (const tell of connectionListeners) tell({ type, connection, at: clock.now() });
  }

  function onHandshake(session: Http2Session, pending: PendingConnection): void {
    let connection: Connection | undefined;
    let told = 0;
    const control = openControlStream(session, {
      register(request) {
        const refusal = whyRefused(request);
        if (refusal) return refusal;
        pending.admit();
        connection = admit(request, session, control, pending);
        return registered(connection.info);
      },
      refused() {
        // cloudflared would sit on the open session for ever, registered nowhere.
        session.close();
        real.after(1_000, pending.cut);
      },
      localConfiguration(config) {
        const { tunnelId } = connection!.info;
        told += 1;
        if (told > MAX_LOCAL_CONFIGURATIONS)
          throw new CallFailed(`a connection may tell its configuration ${MAX_LOCAL_CONFIGURATIONS} times`);
        // What it had before its tunnel was configured here, or what it was not asked for.
        if (store.snapshot.tunnels.get(tunnelId)?.configuration) return;
        for (const tell of localConfigurationListeners) tell(tunnelId, config);
      },
      unregistered: () => connection?.drain('unregistered'),
      broken(reason) {
        log.debug({ remote: pending.remoteAddress, reason }, 'edge: connector broke the protocol');
        if (connection) connection.end(`the connector broke the protocol: ${reason}`);
        else pending.cut();
      },
    });
  }

  function whyRefused(request: RegisterRequest): Refused | null {
    const { tunnelId, clientId, version, connIndex } = request;
    const cause = authenticateConnector(store.snapshot.tunnels, request).cause ?? whyFull(request);
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
    pending: PendingConnection,
  ): Connection {
    const info = describe(request, pending.remoteAddress);
    const context = { tunnelId: info.tunnelId, clientId: info.clientId, connIndex: info.connIndex };
    const connection = createConnection({
      info,
      session,
      control,
      real,
      pingIntervalMs: options.pingIntervalMs ?? 10_000,
      pingTimeoutMs: options.pingTimeoutMs ?? 5_000,
      halfCloseIdleMs: options.halfCloseIdleMs ?? 5_000,
      onUnusable(reason) {
        log.info({ ...context, reason }, 'edge: connection takes no more streams');
        announce('closed', info);
        configurations.closed(connection);
        registry.remove(connection);
      },
      onClosed(reason) {
        log.info({ ...context, reason }, 'edge: connection closed');
        live.remove(connection);
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
    configurations.opened(connection);
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
      configuration: { applied: null, failed: null },
    };
  }

  function registered(info: ConnectionInfo): RegisterAnswer {
    return {
      registered: true,
      connectionId: info.id,
      locationName: options.locationName,
      remotelyManaged: Boolean(store.snapshot.tunnels.get(info.tunnelId)?.configuration),
    };
  }

  function drop(tunnelId: string, clientId: string | null, reason: string): number {
    const chosen = live.of(tunnelId).filter(({ info }) => clientId === null || info.clientId === clientId);
    for (const connection of chosen) connection.end(reason);
    return chosen.length;
  }

  async function close(): Promise<void> {
    const closed = listener.close();
    for (const connection of live.all()) connection.end('the edge is closing');
    await closed;
  }

  store.onChange('tunnels', (changes) => {
    for (const { noun, id, after } of changes) {
      if (noun !== 'tunnel' || after) continue;
      drop(id, null, 'the tunnel was deleted');
      awaited.release(id);
    }
  });

  return {
    async listen() {
      awaited.begin();
      return await listener.listen();
    },
    useCertificate: listener.useCertificate,
    connected: registry.connected,
    awaiting: awaited,
    awaited: awaited.has,
    whenBack: awaited.whenBack,
    onAvailability: (tell) => void availabilityListeners.push(tell),
    onConnection: (tell) => void connectionListeners.push(tell),
    onConfiguration: (tell) => void configurationListeners.push(tell),
    onLocalConfiguration: (tell) => void localConfigurationListeners.push(tell),
    configured: configurations.answered,
    connections: (tunnelId) =>
      registry
        .of(tunnelId)
        .map((connection) => ({ ...connection.info, configuration: configurations.stateOf(connection) })),
    streams() {
      const open = new Map<string, number>();
      for (const { info, inFlight } of live.all())
        open.set(info.tunnelId, (open.get(info.tunnelId) ?? 0) + inFlight);
      return open;
    },
    dial: (tunnelId, destination, dialOptions) =>
      dial(
        { registry, reachability, carriedSockets, checkTurns, real, whenBack: awaited.whenBack },
        tunnelId,
        destination,
        dialOptions,
      ),
    request: (tunnelId, headers, requestOptions) =>
      request({ registry, reachability }, tunnelId, headers, requestOptions),
    connectors: (tunnelId, destination) =>
      registry.connectors(tunnelId).map(({ info }) => ({
        clientId: info.clientId,
        name: connectorName(info),
        avoided: reachability.whyAvoided(info, destination),
      })),
    drop: (tunnelId, clientId) => drop(tunnelId, clientId, 'dropped on request'),
    async drain(graceMs) {
      void listener.close();
      for (const connection of live.all()) connection.drain('the edge is draining', true);
      if (live.size > 0) {
        await new Promise<void>((resolve) => {
          idleWaiters.push(resolve);
          real.after(graceMs, resolve);
        });
      }
      await close();
    },
    close,
  };
}
