import { randomUUID } from 'node:crypto';
import { hostPort } from '../../net/addresses.js';
import { realTime } from '../../net/clock.js';
import { HALF_CLOSE_FEATURE, type Registered } from '../rpc/registration.js';
import {
  type ConnectionState,
  type Connector,
  type ConnectorLog,
  type ConnectorOptions,
  type Counts,
  createCounts,
} from './contract.js';
import { type HostPort, readOptions, resolveEdges } from './options.js';
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

interface KeepOptions {
  readonly connIndex: number;
  readonly edges: readonly HostPort[];
  readonly open: (edge: HostPort, connIndex: number, failures: number) => Transport;
  readonly stop: AbortSignal;
  readonly counts: Counts;
  readonly log: ConnectorLog;
  readonly onState: (state: ConnectionState) => void;
  readonly onRegistered: (transport: Transport, answer: Registered) => void;
  /** The connection has failed for the first time, or once more. */
  readonly onFailed: () => void;
  /** Says that the token is no good, unless that has been said. */
  readonly onUnauthorized: (reason: string) => void;
  /** Whether such a failure ends it all. */
  readonly isFinal: (error: unknown) => boolean;
}

/** How a connection has ended. */
interface Held {
  /** Milliseconds that it was up. */
  readonly lastedMs: number;
  /** The edge had said that it goes away. */
  readonly goodbye: boolean;
}

/**
 * Keeps one connection up until `stop`. After a failure the next address is dialled; when all of them have failed, after a
 * wait. Rejects with the error that `isFinal` says is.
 */
async function keepConnection(options: KeepOptions): Promise<void> {
  const { connIndex, stop, log } = options;
  /** Rounds through the addresses in a row. */
  let failures = 0;
  // Each connection begins with another address.
  let cursor = connIndex;
  let unanswered = 0;
  /** Until when the edge that has said goodbye is tried in quick succession. */
  let hurry = 0;

  while (!stop.aborted) {
    let known = 0;
    try {
      const addresses = await resolveEdges(options.edges);
      if (stop.aborted) return;
      known = addresses.length;
      const { lastedMs, goodbye } = await hold(options, addresses[cursor % known]!, failures);
      failures = failuresAfter(failures, lastedMs);
      hurry = goodbye ? hurryUntil(realTime.monotonic(), lastedMs) : 0;
      unanswered = 0;
      if (stop.aborted) return;
      log.warn({ connIndex }, 'connector: connection lost');
    } catch (error) {
      if (stop.aborted) return;
      const refused = error instanceof RegistrationRefused;
      options.counts.registrationFailures[refused ? 'refused' : 'unreachable'] += 1;
      if (refused && error.isUnauthorized) options.onUnauthorized(error.message);
      else log.warn({ connIndex, reason: (error as Error).message }, 'connector: cannot connect');
      if (options.isFinal(error)) throw error;
      cursor += 1;
      // An edge that answers is no reason to hurry to the next one.
      unanswered = refused ? 0 : unanswered + 1;
      options.onFailed();
    }
    if (unanswered > 0 && unanswered < known) continue;
    unanswered = 0;
    const hurried = realTime.monotonic() < hurry;
    if (!hurried) failures += 1;
    const waitMs = Math.round(hurried ? hurriedMs(Math.random) : backoffMs(failures, Math.random));
    log.info({ connIndex, waitMs }, 'connector: waiting before the next attempt');
    options.onState({ connIndex, state: 'waiting', edge: null, locationName: null });
    await realTime.wait(waitMs, { keepsAlive: true, signal: stop }).catch(() => {});
  }
}

/** Registers at one address, and waits for the end. */
async function hold(options: KeepOptions, address: HostPort, failures: number): Promise<Held> {
  const { connIndex, counts, log } = options;
  const edge = hostPort(address.host, address.port);
  options.onState({ connIndex, state: 'connecting', edge, locationName: null });
  const transport = options.open(address, connIndex, failures);
  const answer = await transport.registered;
  const { locationName } = answer;
  log.info({ connIndex, edge, locationName }, 'connector: registered');
  counts.registrations += 1;
  options.onState({ connIndex, state: 'registered', edge, locationName });
  options.onRegistered(transport, answer);
  const since = realTime.monotonic();
  await transport.closed;
  return { lastedMs: realTime.monotonic() - since, goodbye: transport.goodbye };
}

const BASE_MS = 1_000;
const MAX_DOUBLINGS = 5;

/** The longest wait after so many failures in a row: two seconds, four and so on to thirty-two, as in cloudflared. */
const longestMs = (failures: number) => BASE_MS * 2 ** Math.min(failures, MAX_DOUBLINGS);

/** Milliseconds before the next attempt after `failures` in a row (1, 2, …): any time up to the longest (full jitter). */
export function backoffMs(failures: number, random: () => number): number {
  return longestMs(failures) * random();
}

/** Failures that still count after a connection was up for so long: none, unless it was gone before the wait was worth it. */
export function failuresAfter(failures: number, lastedMs: number): number {
  return lastedMs >= longestMs(failures) ? 0 : failures;
}

/** How long an edge that has said goodbye is tried again in quick succession: it restarts, or another one takes its place. */
const RETURN_MS = 5_000;
const RETURN_PAUSE_MS = 500;

/** Until when (as `now`) to hurry after an edge has said goodbye to a connection that was up for so long; 0 for not at all. */
export function hurryUntil(now: number, lastedMs: number): number {
  // An edge that says goodbye to everybody at once is no edge to hurry to.
  return lastedMs >= longestMs(0) ? now + RETURN_MS : 0;
}

/** Milliseconds between two attempts while hurrying: any time up to half a second, so that not all connectors come at once. */
export const hurriedMs = (random: () => number) => RETURN_PAUSE_MS * random();
