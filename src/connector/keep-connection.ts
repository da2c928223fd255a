import { hostPort } from '../net/ip.js';
import { realTime } from '../net/real-time.js';
import type { Registered } from '../tunnel/rpc/registration.js';
import type { HostPort } from './address-map.js';
import { backoffMs, failuresAfter, hurriedMs, hurryUntil } from './backoff.js';
import type { ConnectionState, ConnectorLog } from './contract.js';
import type { Counts } from './counts.js';
import { resolveEdges } from './edge-addresses.js';
import { RegistrationRefused } from './registration-call.js';
import type { Transport } from './transport.js';

export interface KeepOptions {
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
