import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect, type SecureContext, type TLSSocket } from 'node:tls';
import { DialError, type OriginSocket } from '../../tunnel/egress/contract.js';
import {
  type Cancellation,
  failed,
  type Probe,
  type ProbeDependencies,
  type ProbedPlace,
  ProbeFailure,
  passed,
  reasonOfTlsError,
} from './probe.js';

/** Up when the origin accepts a connection on the monitor's port. Nothing is sent. */
export const probeTcp: Probe = async (target, dependencies, cancellation) => {
  const { monitor } = target;
  const startedAt = dependencies.real.monotonic();
  const socket = await dialOrigin(target, monitor.port, monitor.timeout * 1_000, dependencies, cancellation);
  // Closed in good order, so that an origin does not see a reset with every check.
  socket.destroySoon();
  const rttMs = dependencies.real.monotonic() - startedAt;
  return passed(0, rttMs);
};

/** A reply may have several lines; no sensible one is longer. */
const MAX_REPLY = 8 * 1024;
/** The last line of a reply: the code, and no hyphen after it. */
const LAST_LINE = /^(\d{3})(?: [^\n]*)?\r?\n$/;
/** An address literal: servers that insist on a resolvable name do not look it up. */
const HELLO = 'HELO [127.0.0.1]\r\n';

/** Up when the origin greets with 220, answers HELO with 250 and QUIT with 221. Public origins only. */
export const probeSmtp: Probe = async (target, dependencies, cancellation) => {
  const { origin, monitor } = target;
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const startedAt = dependencies.real.monotonic();
  const socket = await dialOrigin(target, monitor.port, monitor.timeout * 1_000, dependencies, cancellation);
  const replies = readReplies(socket, cancellation);
  const greeting = await nextCode(replies);
  const rttMs = dependencies.real.monotonic() - startedAt;
  if (greeting !== 220) return failed('Response code mismatch error', 0, rttMs);
  for (const [command, expected] of [
    [HELLO, 250],
    ['QUIT\r\n', 221],
  ] as const) {
    socket.write(command);
    if ((await nextCode(replies)) !== expected) return failed('Response code mismatch error', 0, rttMs);
  }
  return passed(0, rttMs);
};

async function nextCode(replies: AsyncGenerator<number>): Promise<number> {
  const { done, value } = await replies.next();
  if (done) throw new ProbeFailure('Connection Reset by Peer');
  return value;
}

/** The code of each reply; rejects with a ProbeFailure when the stream breaks or talks of something else. */
async function* readReplies(stream: Duplex, cancellation: Cancellation): AsyncGenerator<number> {
  let line = '';
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const piece of chunk.toString('latin1').split(/(?<=\n)/)) {
        line += piece;
        size += piece.length;
        if (size > MAX_REPLY) throw new ProbeFailure('Other Failure');
        if (!line.endsWith('\n')) continue;
        const code = LAST_LINE.exec(line)?.[1];
        if (code === undefined && !/^\d{3}-/.test(line))
          throw new ProbeFailure('Response code mismatch error');
        line = '';
        if (code === undefined) continue;
        size = 0;
        yield Number(code);
      }
    }
  } catch (error) {
    if (error instanceof ProbeFailure) throw error;
    throw new ProbeFailure(cancellation.isCancelled ? 'TCP Timeout' : 'Connection Reset by Peer', {
      cause: error,
    });
  }
}

/** Shown to the connector; no client stands behind a probe. */
const PROBE_CLIENT_IP = '127.0.0.1';

/**
 * A connected socket to the origin, by the way that traffic takes; see `DialOptions.lent`. It is destroyed by
 * `cancellation`. Rejects with a DialError; when cancelled before it has connected, with a `timeout`.
 */
export function dialOrigin(
  { origin, poolId }: ProbedPlace,
  port: number,
  timeoutMs: number,
  { offramps }: ProbeDependencies,
  cancellation: Cancellation,
  lent = false,
): Promise<OriginSocket> {
  const socket = offramps.dial(origin, port, {
    connectTimeoutMs: timeoutMs,
    clientIp: PROBE_CLIENT_IP,
    purpose: 'probe',
    poolId,
    lent,
  });
  cancellation.onCancel(() => socket.destroy());
  return new Promise((resolve, reject) => {
    let open = false;
    const fail = (cause?: Error) => {
      if (open) return;
      const late = () =>
        new DialError('timeout', `no connection within ${timeoutMs} ms${askedBy(socket)}`, { cause });
      reject(cause instanceof DialError ? cause : late());
    };
    socket.on('connect', () => {
      open = true;
      resolve(socket);
    });
    // Those after that are for whoever reads; here they only must not crash.
    socket.on('error', fail);
    // Without an error, when it was given up.
    socket.on('close', () => fail());
  });
}

const askedBy = ({ connectors = [] }: OriginSocket) =>
  connectors.length === 0 ? '' : `, asked: ${connectors.join('; ')}`;

interface TlsOptions {
  readonly serverName: string | null;
  /** What the certificate must be for: a name or an IP address. */
  readonly identity: string;
  /** Skips the chain and the name. */
  readonly allowInsecure: boolean;
  readonly trust: SecureContext;
}

/** TLS 1.2 or newer over a connected stream; destroyed by `cancellation`. Rejects with a ProbeFailure. */
export async function secure(
  stream: Duplex,
  options: TlsOptions,
  cancellation: Cancellation,
): Promise<TLSSocket> {
  const socket = connect({
    socket: stream,
    secureContext: options.trust,
    rejectUnauthorized: !options.allowInsecure,
    checkServerIdentity: (_name, certificate) => checkServerIdentity(options.identity, certificate),
    ...(options.serverName === null ? {} : { servername: options.serverName }),
  });
  // Those after the handshake are for whoever reads it; here they only must not crash.
  socket.on('error', () => {});
  cancellation.onCancel(() => socket.destroy());
  try {
    await once(socket, 'secureConnect', { signal: cancellation.signal() });
  } catch (error) {
    const reason = cancellation.isCancelled
      ? 'HTTP timeout occurred'
      : reasonOfTlsError(error as NodeJS.ErrnoException);
    throw new ProbeFailure(reason, { cause: error });
  }
  return socket;
}
