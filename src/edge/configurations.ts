import type { Logger } from 'pino';
import type { ConfigurationState, ConnectionInfo } from '../live/messages.js';
import type { LiveTunnel } from '../live/snapshot.js';
import type { LiveChange, SnapshotStore } from '../live/snapshot-store.js';
import type { Clock } from '../net/clock.js';
import { type ConfigurationPush, createConfigurationPush } from './configuration-push.js';
import type { Connection } from './connection.js';

export interface ConfigurationsOptions {
  readonly store: SnapshotStore;
  /** The connections of a tunnel that take streams. */
  readonly connectionsOf: (tunnelId: string) => readonly Connection[];
  readonly real: Clock;
  readonly log: Logger;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  readonly onState: (connection: ConnectionInfo, state: ConfigurationState) => void;
}

/** What the connectors of remotely managed tunnels are told: when they register, and at every change. */
export interface Configurations {
  /** The connection has registered: its connector gets what the tunnel has. */
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  stateOf(connection: Connection): ConfigurationState;
  /** Resolves when the connectors have answered to the last change of the snapshot, but after `limitMs` at the latest. */
  answered(limitMs: number): Promise<void> | null;
}

const UNKNOWN: ConfigurationState = { applied: null, failed: null };

export function createConfigurations(options: ConfigurationsOptions): Configurations {
  const { store, real, log } = options;
  const pushes = new Map<Connection, ConfigurationPush>();
  let underWay: Promise<void>[] = [];

  function tell(connection: Connection, version: number, state: ConfigurationState): void {
    const { tunnelId, clientId, connIndex } = connection.info;
    const context = { tunnelId, clientId, connIndex, version };
    if (state.failed)
      log.warn({ ...context, reason: state.failed.reason }, 'edge: configuration not taken over');
    else log.info(context, 'edge: configuration taken over');
    options.onState(connection.info, state);
  }

  function pushTo(connection: Connection): Promise<void> | undefined {
    const configuration = store.snapshot.tunnels.get(connection.info.tunnelId)?.configuration;
    return configuration ? pushes.get(connection)?.push(configuration) : undefined;
  }

  function pushToAll(tunnelId: string): void {
    for (const connection of options.connectionsOf(tunnelId)) {
      const pushed = pushTo(connection);
      if (pushed) underWay.push(pushed);
    }
  }

  store.onChange((changes) => {
    underWay = [];
    for (const change of changes) if (isReconfigured(change)) pushToAll(change.id);
  });

  return {
    opened(connection) {
      const push = createConfigurationPush({
        connection,
        real,
        timeoutMs: options.timeoutMs,
        onState: (state) => tell(connection, state.failed?.version ?? state.applied ?? 0, state),
      });
      pushes.set(connection, push);
      // The answer to the registration goes first.
      queueMicrotask(() => void pushTo(connection));
    },
    closed(connection) {
      pushes.get(connection)?.stop();
      pushes.delete(connection);
    },
    stateOf: (connection) => pushes.get(connection)?.state ?? UNKNOWN,
    answered(limitMs) {
      if (underWay.length === 0) return null;
      const all = Promise.all(underWay);
      underWay = [];
      return new Promise((resolve) => {
        const cancel = real.after(limitMs, resolve);
        void all.then(() => {
          cancel();
          resolve();
        });
      });
    },
  };
}

function isReconfigured({ noun, before, after }: LiveChange): boolean {
  if (noun !== 'tunnel' || !after) return false;
  const version = (tunnel: LiveChange['after']) => (tunnel as LiveTunnel | undefined)?.configuration?.version;
  return version(before) !== version(after);
}
