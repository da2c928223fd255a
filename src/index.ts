import { pino } from 'pino';
import { startApp } from './app/control-plane.js';
import type { Offramp, OfframpClock, OfframpFaults, OfframpRequests } from './app/offramp.js';
import { DEFAULT_EDGE_CA, readEdgeCa } from './cli/edge-ca.js';
import { type Flag, START_FLAGS } from './config/flags.js';
import { parseFlags } from './config/parse.js';
import { startConfig } from './config/start-config.js';
import { VERSION } from './config/version.js';
import { startConnector as startWith } from './connector/connector.js';
import type {
  ConnectorOptions as AllConnectorOptions,
  Connector,
  ConnectorLog,
} from './connector/contract.js';

export type { Connector, ConnectorLog, Offramp, OfframpClock, OfframpFaults, OfframpRequests };

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type Words<S extends string> = S extends `${infer A}|${infer B}` ? A | Words<B> : S;

/** By what the flag's value is called in `--help`: numbers, words of which one is meant (`any|strict`), or any text. */
type One<V extends string> = V extends 'PORT' | 'N' | 'SECONDS' | 'REQUESTS'
  ? number | `${number}`
  : V extends Lowercase<V>
    ? Words<V>
    : string;

type Option<F extends Flag> = F extends { readonly value: infer V extends string }
  ? F extends { readonly repeatable: true }
    ? One<V> | readonly One<V>[]
    : One<V>
  : boolean;

type StartFlags = typeof START_FLAGS;

/** The flags of `offramp start`, in camelCase: `{ memory: true, httpPort: 0, httpsPort: 0, minMonitorInterval: 1 }`; undefined is the default. */
export type OfframpOptions = {
  readonly [K in keyof StartFlags as Camel<K & string>]?: Option<StartFlags[K]> | undefined;
};

/**
 * Starts Offramp inside this process, with its data plane and database in threads of their own. The environment is not
 * read. Throws what `offramp start` would print.
 */
export async function startOfframp(options: OfframpOptions = {}): Promise<Offramp> {
  const config = startConfig(parseFlags(START_FLAGS, Object.entries(options).flatMap(toArguments), {}));
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  return await startApp(config, {
    log,
    progress: () => undefined,
    onFailure(error) {
      throw error;
    },
  });
}

function toArguments([name, value]: [string, OfframpOptions[keyof OfframpOptions]]): string[] {
  if (value === undefined) return [];
  const flag = `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
  if (typeof value === 'boolean') return value ? [flag] : [];
  return [value].flat().map((one) => `${flag}=${one}`);
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
