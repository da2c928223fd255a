import { readFile } from 'node:fs/promises';
import { CONNECTOR_FLAGS } from '../config/flags.js';
import { parseFlags, UsageError } from '../config/parse.js';
import { parseMap } from '../connector/address-map.js';
import { startConnector } from '../connector/connector.js';
import type { Command } from './command.js';
import { asked, say, stderrLog } from './terminal.js';

export const connectorCommand: Command = {
  summary: 'run a tunnel connector: it reaches private addresses on behalf of the edge, as cloudflared does',
  flags: CONNECTOR_FLAGS,
  notes: `
Example: offramp connector --token "$TOKEN" --cacert ~/.offramp/edge/ca.pem --map 10.0.0.1:80=127.0.0.1:9001
`,
  async run(argv, env) {
    const flags = parseFlags(CONNECTOR_FLAGS, argv, env);
    if (flags.token === null)
      throw new UsageError('--token is missing; get it from …/cfd_tunnel/<tunnel id>/token');
    if (flags.cacert === null)
      throw new UsageError("--cacert is missing; it is the edge_ca of Offramp's ready line");
    const ca = await readFile(flags.cacert, 'utf8').catch((error: Error) => {
      throw new UsageError(`--cacert ${flags.cacert} cannot be read: ${error.message}`);
    });
    const stop = asked();
    const connector = startConnector({
      token: flags.token,
      edge: flags.edge,
      ca,
      map: parseMap(flags.map),
      connections: wholeNumber('connections', flags.connections, 1, 16),
      gracePeriodMs: wholeNumber('grace-period', flags['grace-period'], 0, 180) * 1000,
      log: stderrLog(flags['log-level']),
    });
    connector.ready.then(
      () => say(`Connector ${connector.clientId} is registered at ${flags.edge.join(', ')}`),
      () => undefined,
    );
    await Promise.race([stop, connector.ready.then(() => stop)]);
    await connector.close();
    return 0;
  },
};

function wholeNumber(flag: string, value: string, minimum: number, maximum: number): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= minimum && number <= maximum) return number;
  throw new UsageError(`--${flag} is "${value}"; it takes a whole number from ${minimum} to ${maximum}`);
}
