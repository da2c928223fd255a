import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { hostPort } from '../net/addresses.js';
import { realTime } from '../net/clock.js';
import { type ApiServerOptions, createApiServer, type SafeServer } from './api-server.js';
import { failure } from './envelope.js';
import { ApiError } from './errors.js';

/** Who has the database, as the standby's health shows it. */
interface Holder {
  readonly host: string | null;
  readonly pid: number | null;
  readonly started: string | null;
}

export interface Standby {
  readonly healthUrl: string;
  /** Opens the API's port for the health of a process that waits. */
  listen(holder: () => Promise<Holder | null>): Promise<void>;
  close(): Promise<void>;
}

export interface StandbyOptions {
  /** Refuses whom the API would refuse. */
  readonly guard: (handler: RequestListener) => RequestListener;
  readonly server: ApiServerOptions;
  /** For a server with TLS. */
  readonly certificate: { follow(use: SafeServer['useCertificate']): void } | null;
}

const NOT_READY = { ready: false, reason: 'this is a standby: another Offramp has the database' };
/** Milliseconds that an answer about the holder is good for: each is a connection to the database. */
const HOLDER_KEPT_MS = 1_000;

/**
 * What a standby serves on the API's port: `GET /_offramp/health` with 503 and `{"state": "standby", "holder": {…}}`, `/_offramp/ready` with
 * 503, `/healthz` with 200, and 503 as an error of the API for everything else, so that balancers and clients go to the process that has the
 * database. The port has the API's limits.
 */
export function createStandby(
  listen: { readonly host: string; readonly port: number },
  { guard, server: options, certificate }: StandbyOptions,
): Standby {
  let server: Server | undefined;

  async function start(ask: () => Promise<Holder | null>): Promise<void> {
    let asked = Number.NEGATIVE_INFINITY;
    let answer: Promise<Holder | null> = Promise.resolve(null);
    const holder = () => {
      if (realTime.monotonic() - asked > HOLDER_KEPT_MS) {
        asked = realTime.monotonic();
        answer = ask().catch(() => null);
      }
      return answer;
    };
    const made = createApiServer(
      options,
      guard(async (request, response) => {
        request.resume();
        const path = (request.url ?? '').split('?')[0];
        if (path === '/healthz') {
          response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
          response.end('ok\n');
          return;
        }
        response.writeHead(503, {
          'content-type': 'application/json',
          'retry-after': '5',
          connection: 'close',
        });
        if (path === '/_offramp/health') response.end(JSON.stringify(healthOf(await holder())));
        else if (path === '/_offramp/ready') response.end(JSON.stringify(NOT_READY));
        else response.end(JSON.stringify(failure(new ApiError('standby'))));
      }),
    );
    server = made.server;
    certificate?.follow(made.useCertificate);
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
  }

  return {
    healthUrl: `http${options.tls ? 's' : ''}://${hostPort(listen.host, listen.port)}/_offramp/health`,
    listen: start,
    async close() {
      if (!server?.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Host, process and start are null when the database does not show them to its user, or cannot be asked. */
function healthOf(holder: Holder | null) {
  const { host = null, pid = null, started = null } = holder ?? {};
  return { state: 'standby', holder: { host, pid, started } };
}
