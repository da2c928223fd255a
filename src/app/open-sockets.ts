import type { Logger } from 'pino';
import { type ApiServer, type ApiServerOptions, openApiServer } from '../api/api-server.js';
import { type DataPlaneThread, spawnDataPlane } from '../bridge/data-plane-thread.js';
import { UsageError } from '../config/parse.js';
import { NO_SOCKETS, type PassedSockets, refuseSharedPorts } from '../config/passed-sockets.js';
import { isLoopback, type StartConfig } from '../config/start-config.js';
import { descriptorLimit } from '../net/process-watch.js';

/** The sockets of both threads, which listen before anything else is loaded. */
export interface OpenSockets {
  readonly api: ApiServer;
  readonly standIn: ApiServer | null;
  readonly dataPlane: DataPlaneThread;
}

/** A start of the sockets that nobody has waited for yet. */
export interface OpeningSockets {
  /** Rejects when one of the addresses cannot be had. */
  readonly opened: Promise<OpenSockets>;
  /** For a start that has failed. */
  close(): Promise<void>;
}

/** Connections of the API unless it is told; of descriptors at most this part, since traffic needs the rest. */
const API_CONNECTIONS = { most: 1_000, share: 1 / 4 };

export function apiServerOptions({ apiTls, maxApiConnections }: StartConfig, log: Logger): ApiServerOptions {
  const { most, share } = API_CONNECTIONS;
  const descriptors = descriptorLimit() ?? Number.POSITIVE_INFINITY;
  const maxConnections = maxApiConnections ?? Math.floor(Math.min(most, descriptors * share));
  return { tls: apiTls !== null, maxConnections, log };
}

/**
 * Opens every socket at once: that is the first thing a start does, before the database and the greater part of the program are
 * loaded, so that after a restart the ports are closed only for a moment. What comes meanwhile waits. Throws UsageError when two of them
 * would have the same port.
 */
export function openSockets(
  config: StartConfig,
  log: Logger,
  passed: PassedSockets = NO_SOCKETS,
): OpeningSockets {
  refuseSharedPorts(config, passed);
  const dataPlane = spawnDataPlane(new URL('./data-plane-entry.js', import.meta.url), {
    edge: { ...config.edge, fd: passed.edge },
    http: { ...config.http, fd: passed.http },
    https: { ...config.https, fd: passed.https },
    dns: { ...config.dns, fds: passed.dns },
    tcp: config.tcp.ports.map(({ port, name }) => ({
      host: config.tcp.host,
      port,
      name,
      fd: passed.tcp.get(name) ?? passed.tcp.get(`${port}`),
    })),
  });
  const api = openApiServer({ ...apiServerOptions(config, log), ...config.api, fd: passed.api });
  const standIn =
    config.standIn && openApiServer({ ...apiServerOptions(config, log), tls: true, ...config.standIn });
  const opened = Promise.all([api, standIn, dataPlane.opened]).then(([server, standIn]) => {
    // What the flags say about the API's address has been checked; what was passed has its own.
    if (config.auth.mode === 'any' && !isLoopback(server.address.host))
      throw new UsageError(
        `the socket "api" that was passed listens on ${server.address.host}, where others can reach it, and --auth any takes every credential; use --auth strict with --api-token`,
      );
    return { api: server, standIn, dataPlane };
  });
  // Whoever starts the rest waits for it later.
  opened.catch(() => {});
  return {
    opened,
    async close() {
      await dataPlane.terminate();
      for (const one of [api, standIn])
        await one?.then(
          ({ server }) => server.close(),
          () => {},
        );
    },
  };
}
