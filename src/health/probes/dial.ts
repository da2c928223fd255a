import type { Duplex } from 'node:stream';
import { DialError, type OriginSocket } from '../../offramps/contract.js';
import type { ProbeDependencies, ProbedPlace } from './probe.js';

/** Shown to the connector; no client stands behind a probe. */
const PROBE_CLIENT_IP = '127.0.0.1';

/**
 * A connected socket to the origin, by the way that traffic takes. It is destroyed when `signal` is aborted. Rejects with a
 * DialError; when aborted before it has connected, with a `timeout`.
 */
export async function dialOrigin(
  { origin, poolId }: ProbedPlace,
  port: number,
  timeoutMs: number,
  { offramps }: ProbeDependencies,
  signal: AbortSignal,
): Promise<OriginSocket> {
  const socket = offramps.dial(origin, port, {
    connectTimeoutMs: timeoutMs,
    clientIp: PROBE_CLIENT_IP,
    purpose: 'probe',
    poolId,
  });
  destroyOnAbort(socket, signal);
  await connected(socket, timeoutMs);
  return socket;
}

/** Plain listeners: one more on a signal for each probe costs several times as much. */
function connected(socket: OriginSocket, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = false;
    const fail = (cause?: Error) => {
      if (open) return;
      const late = () =>
        new DialError('timeout', `no connection within ${timeoutMs} ms${askedBy(socket)}`, { cause });
      reject(cause instanceof DialError ? cause : late());
    };
    socket.once('connect', () => {
      open = true;
      resolve();
    });
    socket.once('error', fail);
    // Without an error, when it was aborted.
    socket.once('close', () => fail());
  });
}

const askedBy = ({ connectors = [] }: OriginSocket) =>
  connectors.length === 0 ? '' : `, asked: ${connectors.join('; ')}`;

/** Ties the life of `stream` to `signal`. Its later errors are for whoever reads it; here they only must not crash. */
export function destroyOnAbort(stream: Duplex, signal: AbortSignal): void {
  const destroy = () => stream.destroy();
  stream.on('error', () => {});
  stream.once('close', () => signal.removeEventListener('abort', destroy));
  if (signal.aborted) destroy();
  else signal.addEventListener('abort', destroy, { once: true });
}
