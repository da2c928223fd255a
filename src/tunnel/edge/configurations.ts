import type { IncomingHttpHeaders } from 'node:http2';
import type { Logger } from 'pino';
import type { ConfigurationState, ConnectionInfo } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import type { LiveConfiguration, LiveTunnel } from '../../state/snapshot.js';
import type { LiveChange, SnapshotStore } from '../../state/snapshot-store.js';
import { CODE } from '../h2/frames.js';
import type { Http2Stream } from '../h2/stream.js';
import type { Connection } from './connection.js';

interface ConfigurationsOptions {
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
interface Configurations {
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

  store.onChange('tunnels', (changes) => {
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

interface ConfigurationPushOptions {
  readonly connection: Connection;
  readonly real: Clock;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  /** The connector has answered, or will not. */
  readonly onState: (state: ConfigurationState) => void;
}

/** Keeps the connector at the other end of one connection at the newest configuration of its tunnel. */
interface ConfigurationPush {
  readonly state: ConfigurationState;
  /**
   * One that is newer takes the place of all that have not been sent. Resolves when there is nothing more to send: the
   * newest was answered, or given up. Never rejects.
   */
  push(configuration: LiveConfiguration): Promise<void>;
  /** The connection takes no more streams. */
  stop(): void;
}

/** Milliseconds before each new try of what the connector may not have heard of. */
const RETRY_AFTER_MS = [500, 2_000, 8_000];

function createConfigurationPush(options: ConfigurationPushOptions): ConfigurationPush {
  const { connection, real, timeoutMs } = options;
  let state: ConfigurationState = { applied: null, failed: null };
  let wanted: LiveConfiguration | null = null;
  let working: Promise<void> | null = null;
  let stopped = false;
  let wake = () => {};

  async function work(): Promise<void> {
    let attempt = 0;
    while (wanted && !stopped) {
      const configuration = wanted;
      const outcome = await requestConfiguration(connection, bodyOf(configuration), { real, timeoutMs });
      if (stopped) break;
      state = stateAfter(state, configuration.version, outcome, wanted.version);
      options.onState(state);
      const delay = outcome.kind === 'lost' ? RETRY_AFTER_MS[attempt] : undefined;
      if (wanted === configuration && delay === undefined) wanted = null;
      else if (wanted === configuration) await pause(delay!);
      attempt = wanted === configuration ? attempt + 1 : 0;
    }
    working = null;
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = real.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    get state() {
      return state;
    },
    push(configuration) {
      wanted = configuration;
      wake();
      working ??= work();
      return working;
    },
    stop() {
      stopped = true;
      wake();
    },
  };
}

/** Many connections are told the same. */
const bodies = new WeakMap<LiveConfiguration, Buffer>();

function bodyOf(configuration: LiveConfiguration): Buffer {
  const known = bodies.get(configuration);
  if (known) return known;
  const body = Buffer.from(`{"version":${configuration.version},"config":${configuration.config}}`);
  bodies.set(configuration, body);
  return body;
}

/** `newest` is the version that the connector may have heard of over another connection by now. */
function stateAfter(
  { applied }: ConfigurationState,
  version: number,
  outcome: ConfigurationOutcome,
  newest: number,
): ConfigurationState {
  if (outcome.kind !== 'answered') return { applied, failed: { version, reason: outcome.reason } };
  const { answer } = outcome;
  const now = answer.applied < 0 ? null : answer.applied;
  const reason = complaint(answer, version, newest);
  return { applied: now, failed: reason === null ? null : { version, reason } };
}

function complaint(
  { applied, error }: { readonly applied: number; readonly error: string | null },
  version: number,
  newest: number,
): string | null {
  const stays = applied < 0 ? 'stays as it was started' : `stays with version ${applied}`;
  if (error !== null) return `refused it and ${stays}; ${error === '' ? 'its log says why' : error}`;
  if (applied < version) return `answered that it ${stays}`;
  if (applied > newest) return `${stays}, which is newer, until it is started again`;
  return null;
}

/** How one request to take over a configuration ended. */
type ConfigurationOutcome =
  | { readonly kind: 'answered'; readonly answer: ConfigurationAnswer }
  /** The connector has spoken, and not as one does that knows configurations. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody knows whether the connector has heard of it. */
  | { readonly kind: 'lost'; readonly reason: string };

const MAX_ANSWER_BYTES = 64 * 1024;

const HEADERS = {
  ':method': 'POST',
  ':scheme': 'http',
  ':path': '/',
  ':authority': 'h2.cftunnel.com',
  'cf-cloudflared-proxy-connection-upgrade': 'update-configuration',
};

/** Sends one configuration (`{"version":1,"config":{}}`) over a connection. Never rejects. */
function requestConfiguration(
  connection: Connection,
  body: Buffer,
  { real, timeoutMs }: { readonly real: Clock; readonly timeoutMs: number },
): Promise<ConfigurationOutcome> {
  return new Promise((resolve) => {
    let stream: Http2Stream | undefined;
    const cancelTimeout = real.after(timeoutMs, () => {
      finish({ kind: 'lost', reason: `did not answer within ${timeoutMs} ms` });
      connection.probeLiveness();
    });

    function finish(outcome: ConfigurationOutcome): void {
      cancelTimeout();
      resolve(outcome);
      // A stream that both ends have ended closes by itself, and peers count resets.
      const ended = outcome.kind === 'answered' && stream?.writableFinished;
      if (stream && !stream.closed && !ended) stream.close(CODE.CANCEL);
    }

    const lost = (reason: string) => finish({ kind: 'lost', reason });
    const refused = (reason: string) => finish({ kind: 'refused', reason });
    try {
      // A connector that goes needs no configuration any more.
      stream = connection.open(HEADERS, { onDraining: () => lost('is going'), onLost: lost });
    } catch (error) {
      return lost(`could not be asked: ${(error as Error).message}`);
    }
    readAnswer(stream, {
      refused,
      lost,
      answered: (answer) => finish({ kind: 'answered', answer }),
    });
    stream.end(body);
  });
}

interface AnswerHandlers {
  answered(answer: ConfigurationAnswer): void;
  refused(reason: string): void;
  lost(reason: string): void;
}

/** The first handler that is called tells how it ended; those that follow mean nothing. */
function readAnswer(stream: Http2Stream, { answered, refused, lost }: AnswerHandlers): void {
  const chunks: Buffer[] = [];
  let status: number | undefined;
  let length = 0;
  stream.on('response', (headers: IncomingHttpHeaders & { ':status'?: number }) => {
    status = headers[':status'];
    if (status !== 200) refused(`answered with status ${status}`);
  });
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) return refused(`answered with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  });
  stream.once('end', () => {
    if (status === undefined) return;
    const answer = parseConfigurationAnswer(Buffer.concat(chunks));
    if (answer) answered(answer);
    else refused('answered with something that is no {"lastAppliedVersion":N,"err":…}');
  });
  stream.on('error', (error) => lost(`could not be asked: ${error.message}`));
  stream.once('close', () => lost('reset the stream'));
}

/** What a connector said to a configuration. */
interface ConfigurationAnswer {
  /** The version that it goes by now; -1 while it has taken over none. */
  readonly applied: number;
  /** Why it did not take the configuration over; empty when it gave no reason, null when it did. */
  readonly error: string | null;
}

const MAX_ERROR_CHARACTERS = 256;
const MAX_VERSION = 2_147_483_647;

/** Reads `{"lastAppliedVersion":2,"err":null}`; null for anything else. */
export function parseConfigurationAnswer(body: Buffer): ConfigurationAnswer | null {
  const answer = parseObject(body);
  if (!answer) return null;
  const { lastAppliedVersion: applied, err } = answer;
  if (!isVersion(applied)) return null;
  return { applied, error: err === null || err === undefined ? null : shown(err) };
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const isVersion = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= -1 && (value as number) <= MAX_VERSION;

/** cloudflared writes an error as whatever its fields are, which is `{}` for most. */
function shown(error: unknown): string {
  if (typeof error === 'string') return error.slice(0, MAX_ERROR_CHARACTERS);
  const text = JSON.stringify(error);
  return text === '{}' ? '' : text.slice(0, MAX_ERROR_CHARACTERS);
}
