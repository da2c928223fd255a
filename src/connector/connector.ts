import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type AddressMap, type HostPort, parseHostPort } from './address-map.js';
import { backoffMs } from './backoff.js';
import { RegistrationRefused } from './registration-call.js';
import { decodeToken } from './token.js';
import { openTransport, type Transport } from './transport.js';

export interface ConnectorOptions {
  /** As the API gives it for a tunnel. */
  readonly token: string;
  /** Addresses of edges, `host:port`. The connections are spread over them; one is enough. */
  readonly edge: readonly string[];
  /** PEM of the authority that has signed the edges' certificates. */
  readonly ca: string;
  /** Where to dial instead of an `ip:port` that the edge asks for; see `parseMap`. */
  readonly map?: AddressMap;
  /** 4 when absent. */
  readonly connections?: number;
  readonly log: Logger;
  /** Milliseconds that open streams get to end after `close`; 30 s when absent. */
  readonly gracePeriodMs?: number;
  /** Shown by the API; `offramp/0.1.0` when absent. */
  readonly version?: string;
}

export interface Connector {
  /** UUID, new for every connector. */
  readonly clientId: string;
  /** The first registration. Rejects when the edge refuses for good, or when `close` comes first. */
  readonly ready: Promise<void>;
  /** Unregisters, lets the open streams end, then ends. */
  close(): Promise<void>;
}

/** Those of cloudflared that we have. */
const FEATURES = ['serialized_headers'];
const MAX_CONNECTIONS = 16;

/** Starts connections that are kept up until `close`. Throws at once when an option is wrong. */
export function startConnector(options: ConnectorOptions): Connector {
  const credentials = decodeToken(options.token);
  const edges = options.edge.map(parseEdge);
  const count = checkCount(options.connections ?? 4);
  if (edges.length === 0) throw new Error('a connector needs the address of an edge, such as 127.0.0.1:7844');
  const { log, map = new Map(), gracePeriodMs = 30_000 } = options;
  const clientId = randomUUID();
  const transports = new Set<Transport>();
  const stop = new AbortController();

  function open(connIndex: number, failures: number): Transport {
    const transport = openTransport({
      edge: edges[(connIndex + failures) % edges.length]!,
      ca: options.ca,
      map,
      log,
      request: {
        accountTag: credentials.accountTag,
        tunnelSecret: credentials.secret,
        tunnelId: credentials.tunnelId,
        connIndex,
        clientId,
        features: FEATURES,
        version: options.version ?? 'offramp/0.1.0',
        arch: `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`,
        previousAttempts: failures,
      },
    });
    transports.add(transport);
    void transport.closed.then(() => transports.delete(transport));
    return transport;
  }

  /** Keeps one connection up. Throws when `isFinal` says that its failure is. */
  async function maintain(
    connIndex: number,
    onRegistered: () => void,
    isFinal: (error: unknown) => boolean,
  ): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      const transport = open(connIndex, failures);
      try {
        const { locationName } = await transport.registered;
        log.info({ connIndex, locationName }, 'connector: registered');
        failures = 0;
        onRegistered();
        await transport.closed;
        if (!stop.signal.aborted) log.warn({ connIndex }, 'connector: connection lost');
      } catch (error) {
        if (stop.signal.aborted) return;
        if (isFinal(error)) throw error;
        log.warn({ connIndex, reason: (error as Error).message }, 'connector: cannot connect');
      }
      failures += 1;
      await pause(backoffMs(failures, Math.random));
    }
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: stop.signal }).catch(() => {});
  }

  const ready = new Promise<void>((resolve, reject) => {
    let started = false;
    const isFinal = (error: unknown) =>
      !started && error instanceof RegistrationRefused && !error.shouldRetry;
    const onFirst = () => {
      if (started) return;
      started = true;
      resolve();
      // The others only now: a token that is no good shall be refused once, not four times.
      for (let index = 1; index < count; index += 1)
        void maintain(
          index,
          () => {},
          () => false,
        );
    };
    maintain(0, onFirst, isFinal).then(() => reject(new Error('the connector was closed')), reject);
  });
  // Whoever does not wait for it must not be punished with an unhandled rejection.
  ready.catch(() => {});

  return {
    clientId,
    ready,
    async close() {
      stop.abort();
      await Promise.all([...transports].map((transport) => transport.leave(gracePeriodMs)));
    },
  };
}

function parseEdge(text: string): HostPort {
  const edge = parseHostPort(text);
  if (!edge)
    throw new Error(`invalid edge address "${text}": it must be <host>:<port>, such as 127.0.0.1:7844`);
  return edge;
}

function checkCount(connections: number): number {
  if (Number.isInteger(connections) && connections >= 1 && connections <= MAX_CONNECTIONS) return connections;
  throw new Error(`a connector has 1 to ${MAX_CONNECTIONS} connections, not ${connections}`);
}
