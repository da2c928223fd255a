import { readFile } from 'node:fs/promises';
import { CONNECTOR_FLAGS } from '../config/flags.js';
import { parseFlags, UsageError, type Values } from '../config/parse.js';
import { StartFailure } from '../config/start-failure.js';
import { flagOneOf, integerFlag, LOG_LEVELS, wrong } from '../config/values.js';
import { VERSION } from '../config/version.js';
import { hostPort } from '../net/addresses.js';
import { startConnector } from '../tunnel/connector/connector.js';
import type { Connector, ConnectorOptions } from '../tunnel/connector/contract.js';
import { type ConfigurationInput, parseConfiguration } from '../tunnel/connector/ingress/configuration.js';
import { listenMetrics, type MetricsServer } from '../tunnel/connector/metrics.js';
import { decodeToken, type HostPort, parseEdge, parseMap } from '../tunnel/connector/options.js';
import type { Command } from './command.js';
import { readEdgeCa } from './edge-ca.js';
import { askedToStop, say, stderrLog } from './terminal.js';

type ConnectorFlags = Values<typeof CONNECTOR_FLAGS>;

export const connectorCommand: Command = {
  summary: 'run a tunnel connector: it reaches private addresses on behalf of the edge, as cloudflared does',
  flags: CONNECTOR_FLAGS,
  notes: `
Private addresses:  offramp connector --token "$TOKEN" --map 10.0.0.1:80=127.0.0.1:9001
One web service:    offramp connector --token "$TOKEN" --url http://localhost:8080
Several:            offramp connector --token "$TOKEN" --config rules.json
                    {"ingress": [{"hostname": "app.example.com", "service": "http://localhost:8080"},
                                 {"service": "http_status:404"}]}
Is it up?           offramp connector --token "$TOKEN" --metrics 127.0.0.1:20241, then GET /ready
`,
  async run(argv, env) {
    const flags = parseFlags(CONNECTOR_FLAGS, argv, env);
    const options = await readConnectorFlags(flags);
    const metricsAt = flags.metrics === null ? null : listenAddress(flags.metrics);
    const stop = askedToStop();
    const connector = startConnector(options);
    const metrics = metricsAt && (await openMetrics(connector, metricsAt));
    if (metrics) say(`Metrics at http://${hostPort(metrics.address.host, metrics.address.port)}/metrics`);
    connector.ready.then(
      () => say(`Connector ${connector.clientId} is registered at ${flags.edge.join(', ')}`),
      () => undefined,
    );
    try {
      await Promise.race([stop, connector.ready.then(() => stop, refused)]);
      await connector.close();
    } finally {
      await metrics?.close();
    }
    return 0;
  },
};

/** The edge has said no for good. */
function refused(error: Error): never {
  throw new StartFailure(error.message, { cause: error });
}

/** The options that the flags stand for. Throws a UsageError that says which flag is wrong. */
export async function readConnectorFlags(flags: ConnectorFlags): Promise<ConnectorOptions> {
  return {
    ...(await readConfiguration(flags)),
    token: await readToken(flags),
    edge: usage(() => checkedEdges(flags.edge), '--edge'),
    ca: usage(() => readEdgeCa(flags.cacert), '--cacert'),
    map: usage(() => parseMap(flags.map), '--map'),
    connections: integerFlag('ha-connections', flags['ha-connections'], 1, 16),
    gracePeriodMs: integerFlag('grace-period', flags['grace-period'].replace(/s$/, ''), 0, 180) * 1000,
    version: `offramp/${VERSION}`,
    log: stderrLog(flagOneOf('log-level', flags['log-level'], LOG_LEVELS)),
  };
}

function checkedEdges(edges: readonly string[]): readonly string[] {
  for (const edge of edges) parseEdge(edge);
  return edges;
}

async function readToken(flags: ConnectorFlags): Promise<string> {
  const file = flags['token-file'];
  if (flags.token !== null) return checkedToken(flags.token, '--token');
  if (file === null)
    throw new UsageError(
      '--token or --token-file is missing; the token is at …/cfd_tunnel/<tunnel id>/token',
    );
  return checkedToken(await readText('token-file', file), `--token-file ${file}`);
}

function checkedToken(token: string, flag: string): string {
  usage(() => decodeToken(token), flag);
  return token;
}

async function readConfiguration({ url, config }: ConnectorFlags): Promise<ConfigurationInput> {
  if (url !== null && config !== null)
    throw new UsageError(
      '--url and --config exclude each other: a rule of the configuration can have the URL',
    );
  const input = url === null ? await readJson(config) : { ingress: [{ service: url }] };
  usage(() => parseConfiguration(input), url === null ? `--config ${config}` : '--url');
  return input;
}

async function readJson(file: string | null): Promise<ConfigurationInput> {
  if (file === null) return {};
  const text = await readText('config', file);
  return usage(() => JSON.parse(text), `--config ${file}`);
}

async function readText(flag: string, file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`--${flag} ${file} cannot be read: ${error.message}`);
  });
}

function usage<T>(read: () => T, flag: string): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}

function listenAddress(text: string): HostPort {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(digits) > 65_535)
    throw wrong('metrics', text, '<host>:<port>, such as 127.0.0.1:20241');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(digits) };
}

async function openMetrics(connector: Connector, { host, port }: HostPort): Promise<MetricsServer> {
  return await listenMetrics(connector, { host, port, version: VERSION }).catch(async (error: Error) => {
    await connector.close();
    throw new UsageError(`--metrics ${hostPort(host, port)}: ${error.message}`);
  });
}
