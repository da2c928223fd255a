import { randomUUID } from 'node:crypto';
import { HALF_CLOSE_FEATURE, type Registered } from '../rpc/registration.js';
import { type ConnectionState, type Connector, type ConnectorOptions, createCounts } from './contract.js';
import { keepConnection } from './keep-connection.js';
import { type HostPort, readOptions } from './options.js';
import {
  createOrchestrator,
  localConfiguration,
  type Orchestrator,
  versionedConfiguration,
} from './orchestrator.js';
import { createStreamServer } from './streams.js';
import { openTransport, RegistrationRefused, type Transport } from './transport.js';

/** Two of cloudflared's, and one of our own. */
const FEATURES = ['allow_remote_config', 'serialized_headers', HALF_CLOSE_FEATURE];

/** Starts connections that are kept up until `close`. Throws at once when an option is wrong. */
export function startConnector(options: ConnectorOptions): Connector {
  const settings = readOptions(options);
  const { credentials, map, log } = settings;
  const clientId = randomUUID();
  const counts = createCounts();
  const transports = new Set<Transport>();
  const states = new Map<number, ConnectionState>();
  const stop = new AbortController();
  let orchestrator: Orchestrator | undefined;
  let closing: Promise<void> | undefined;
  /** What has been said of the token since a connection was last registered. */
  let toldOfToken = '';

  const starting = createOrchestrator(settings.configuration, { clientId, counts, log }).then((made) => {
    orchestrator = made;
    return made;
  });

  function open(edge: HostPort, connIndex: number, failures: number): Transport {
    const transport = openTransport({
      edge,
      ca: settings.ca,
      serveStream: createStreamServer({ orchestrator: orchestrator!, map, counts, log }),
      log,
      request: {
        accountTag: credentials.accountTag,
        tunnelSecret: credentials.secret,
        tunnelId: credentials.tunnelId,
        connIndex,
        clientId,
        features: FEATURES,
        version: settings.version,
        arch: `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`,
        previousAttempts: failures,
      },
    });
    transports.add(transport);
    void transport.closed.then(() => transports.delete(transport));
    return transport;
  }

  async function tellConfiguration(transport: Transport): Promise<void> {
    counts.localConfigurations += 1;
    try {
      await transport.tellConfiguration(localConfiguration(orchestrator!.configuration));
    } catch (error) {
      counts.localConfigurationErrors += 1;
      log.warn({ reason: (error as Error).message }, 'connector: the edge did not take the configuration');
    }
  }

  /** Once, however many connections try how often: it stays true until somebody does something. */
  function onUnauthorized(reason: string): void {
    if (reason === toldOfToken) return;
    toldOfToken = reason;
    const what = reason.includes('secret')
      ? 'its secret is not that of the tunnel (any more)'
      : 'this edge has no such tunnel (any more)';
    log.error(
      { reason },
      `connector: the token is wrong: ${what}; take the one from …/cfd_tunnel/${credentials.tunnelId}/token. It is tried again from time to time`,
    );
  }

  /** `onSettled` comes with the first registration, and with every failure. */
  function keep(
    connIndex: number,
    onSettled: (registered: boolean) => void,
    isFinal: (error: unknown) => boolean,
  ) {
    return keepConnection({
      connIndex,
      edges: settings.edges,
      open,
      stop: stop.signal,
      counts,
      log,
      isFinal,
      onUnauthorized,
      onState: (state) => void states.set(connIndex, state),
      onFailed: () => onSettled(false),
      onRegistered(transport, { remotelyManaged }: Registered) {
        toldOfToken = '';
        if (connIndex === 0 && !remotelyManaged) void tellConfiguration(transport);
        onSettled(true);
      },
    });
  }

  /** One after the other, so that an edge which comes back is not stormed. */
  async function startOthers(): Promise<void> {
    for (let index = 1; index < settings.connections && !stop.signal.aborted; index += 1)
      await new Promise<void>((resolve) => {
        void keep(
          index,
          () => resolve(),
          () => false,
        ).then(resolve);
      });
  }

  async function run(): Promise<void> {
    await starting;
    let started = false;
    await new Promise<void>((resolve, reject) => {
      // The others only after the first: a token that is no good shall be refused once, not four times.
      const onSettled = (registered: boolean) => {
        if (started || !registered) return;
        started = true;
        resolve();
        void startOthers();
      };
      const isFinal = (error: unknown) => !started && error instanceof RegistrationRefused && error.isFinal;
      keep(0, onSettled, isFinal).then(() => reject(new Error('the connector was closed')), reject);
    });
  }

  async function close(): Promise<void> {
    stop.abort();
    for (const state of states.values()) states.set(state.connIndex, { ...state, state: 'closed' });
    await starting.catch(() => {});
    await Promise.all([...transports].map((transport) => transport.leave(settings.gracePeriodMs)));
    orchestrator?.close();
  }

  const ready = run();
  // Whoever does not wait for it must not be punished with an unhandled rejection. What has failed for good is over.
  ready.catch(() => connector.close());

  const connector: Connector = {
    clientId,
    ready,
    counts,
    get connections() {
      return [...states.values()].sort((a, b) => a.connIndex - b.connIndex);
    },
    get configuration() {
      return versionedConfiguration(
        orchestrator?.version ?? -1,
        orchestrator?.configuration ?? settings.configuration,
      );
    },
    close: () => (closing ??= close()),
  };
  return connector;
}
