import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect, type SecureContext, type TLSSocket } from 'node:tls';
import { reasonOfTlsError } from '../failure-reason.js';
import { destroyOnAbort } from './dial.js';
import { ProbeFailure } from './probe.js';

export interface TlsOptions {
  readonly serverName: string | null;
  /** What the certificate must be for: a name or an IP address. */
  readonly identity: string;
  /** Skips the chain and the name. */
  readonly allowInsecure: boolean;
  readonly trust: SecureContext;
}

/** TLS 1.2 or newer over a connected stream; destroyed when `signal` is aborted. Rejects with a ProbeFailure. */
export async function secure(stream: Duplex, options: TlsOptions, signal: AbortSignal): Promise<TLSSocket> {
  const socket = connect({
    socket: stream,
    secureContext: options.trust,
    rejectUnauthorized: !options.allowInsecure,
    checkServerIdentity: (_name, certificate) => checkServerIdentity(options.identity, certificate),
    ...(options.serverName === null ? {} : { servername: options.serverName }),
  });
  destroyOnAbort(socket, signal);
  try {
    await once(socket, 'secureConnect', { signal });
  } catch (error) {
    const reason = signal.aborted
      ? 'HTTP timeout occurred'
      : reasonOfTlsError(error as NodeJS.ErrnoException);
    throw new ProbeFailure(reason, { cause: error });
  }
  return socket;
}
