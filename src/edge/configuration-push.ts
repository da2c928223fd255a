import type { ConfigurationState } from '../live/messages.js';
import type { LiveConfiguration } from '../live/snapshot.js';
import type { Clock } from '../net/clock.js';
import { type ConfigurationOutcome, requestConfiguration } from './configuration-request.js';
import type { Connection } from './connection.js';

export interface ConfigurationPushOptions {
  readonly connection: Connection;
  readonly real: Clock;
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  /** The connector has answered, or will not. */
  readonly onState: (state: ConfigurationState) => void;
}

/** Keeps the connector at the other end of one connection at the newest configuration of its tunnel. */
export interface ConfigurationPush {
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

export function createConfigurationPush(options: ConfigurationPushOptions): ConfigurationPush {
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
