import { hostPort } from '../../net/addresses.js';
import { realTime } from '../../net/clock.js';
import type { Registered } from '../rpc/registration.js';
import type { ConnectionState, ConnectorLog, Counts } from './contract.js';
import { type HostPort, resolveEdges } from './options.js';
import { RegistrationRefused, type Transport } from './transport.js';

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
export async function keepConnection(options: KeepOptions): Promise<void> {
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
