import { pino } from 'pino';
import { startApp } from './app/control-plane.js';
import type { Offramp, OfframpClock, OfframpFaults, OfframpRequests } from './app/offramp.js';
import { DEFAULT_EDGE_CA, readEdgeCa } from './cli/edge-ca.js';
import { START_FLAGS } from './config/flags.js';
import { argumentsOf, type OfframpOptions } from './config/options.js';
import { parseFlags } from './config/parse.js';
import { startConfig } from './config/start-config.js';
import { VERSION } from './config/version.js';
import { startConnector as startWith } from './tunnel/connector/connector.js';
import type {
  ConnectorOptions as AllConnectorOptions,
  Connector,
  ConnectorLog,
} from './tunnel/connector/contract.js';

export type {
  Connector,
  ConnectorLog,
  Offramp,
  OfframpClock,
  OfframpFaults,
  OfframpOptions,
  OfframpRequests,
};

/**
 * Starts Offramp inside this process, with its data plane and database in threads of their own. The environment is not
 * read. Throws what `offramp start` would print.
 */
export async function startOfframp(options: OfframpOptions = {}): Promise<Offramp> {
  const config = startConfig(parseFlags(START_FLAGS, argumentsOf(options), {}));
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  return await startApp(config, {
    log,
    progress: () => undefined,
    onFailure(error) {
      throw error;
    },
  });
}

/**
 * `ca` is the PEM of the edge's authority, `caFile` a file with it, such as `offramp.edgeCa`; without both it is the file
 * that `offramp start` has written. Nothing is logged without `log`.
 */
export type ConnectorOptions = Omit<AllConnectorOptions, 'ca' | 'log'> &
  Partial<Pick<AllConnectorOptions, 'ca' | 'log'>> & { readonly caFile?: string };

/**
 * Starts a tunnel connector inside this process: `await startConnector({ token, edge, map: { '10.0.0.1:80':
 * '127.0.0.1:9001' } }).ready`. Throws at once when an option is wrong. See docs/connector.md.
 */
export function startConnector({ ca, caFile, log, ...options }: ConnectorOptions): Connector {
  return startWith({
    version: `offramp/${VERSION}`,
    ...options,
    ca: ca ?? readEdgeCa(caFile ?? DEFAULT_EDGE_CA),
    log: log ?? pino({ level: 'silent' }),
  });
}
