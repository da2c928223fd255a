import { isatty } from 'node:tty';
import type { Logger } from 'pino';
import type { Offramp } from '../app/offramp.js';
import { type OpeningSockets, openSockets } from '../app/open-sockets.js';
import { ANY_CREDENTIAL } from '../config/any-credential.js';
import { START_FLAGS } from '../config/flags.js';
import { parseFlags, UsageError } from '../config/parse.js';
import { NO_SOCKETS, type PassedSockets, takePassedSockets } from '../config/passed-sockets.js';
import { type StartConfig, startConfig } from '../config/start-config.js';
import { clientVariables } from './client-variables.js';
import type { Command } from './command.js';
import { type EndpointsFile, openEndpointsFile } from './endpoints-file.js';
import { initScripts, runInitScripts } from './init-dir.js';
import { explainStartFailure } from './start-failure.js';
import { askedToStop, endOfStdin, note, say, stderrLog } from './terminal.js';

export const startCommand: Command = {
  summary: 'run the control plane and the data plane',
  flags: START_FLAGS,
  notes: `
On other addresses than loopback the API takes only --api-token; without one a token is made at the first start and kept in the file api-token of --data-dir (0600), which "offramp env" reads. Each flag has a variable: --http-port is OFFRAMP_HTTP_PORT. SIGTERM drains: requests in flight end, then exit 0; so does SIGHUP on a terminal. Elsewhere SIGHUP opens the file of --access-log anew.
`,
  async run(argv, env) {
    const config = startConfig(parseFlags(START_FLAGS, argv, env));
    const scripts = config.initDir === null ? [] : await initScripts(config.initDir);
    const endpoints = config.endpointsFile === null ? null : await openEndpointsFile(config.endpointsFile);
    // The database makes files all the time, with whatever permissions it is allowed to give.
    process.umask(0o077);
    const passed = takePassedSockets(process.env, process.pid, config.tcp.ports);
    const log = stderrLog(config.logLevel);
    const sockets = openUnlessStandby(config, log, passed);
    let reopenLogs = () => {};
    const signal = askedToStop(() => reopenLogs());
    const stop = config.endWithStdin ? Promise.race([signal, endOfStdin()]) : signal;
    // Not at the top: the sockets shall listen before the greater part of the program is loaded.
    const { startApp } = await import('../app/control-plane.js');
    const started = startApp(config, {
      sockets,
      log,
      progress: (text) => (config.json ? undefined : note(`${text} …`)),
      // For a person alone: what is no terminal is kept, as the log of a container is.
      onTokenMade(token, file) {
        if (isatty(2)) note(`The token of the API, which is shown this once and kept in ${file}: ${token}`);
      },
      onFailure(error) {
        log.fatal({ err: error }, 'the data plane died');
        process.exit(1);
      },
    });
    const offramp = await Promise.race([started, stop]);
    // Nothing has been acknowledged yet, so there is nothing to save; a start that hangs is no reason to stay.
    if (!offramp) process.exit(0);
    reopenLogs = offramp.reopenLogs;
    const written = await becomeReady(config, offramp, { scripts, endpoints, stop }).catch(
      async (error: Error) => {
        await offramp.close();
        process.stderr.write(`offramp: ${explainStartFailure(error)}\n`);
        // As at the end of a good run.
        process.exit(1);
      },
    );
    await stop;
    await written?.forget();
    await offramp.close();
    // Everything is closed. A timer that some library has left would only keep the ports from whoever starts next.
    process.exit(0);
  },
};

interface Readiness {
  readonly scripts: readonly string[];
  readonly endpoints: ((record: object) => Promise<EndpointsFile>) | null;
  readonly stop: Promise<void>;
}

/** Runs the scripts and says that it is ready, in every way that was asked for; neither when it has been stopped meanwhile. */
async function becomeReady(
  config: StartConfig,
  offramp: Offramp,
  { scripts, endpoints, stop }: Readiness,
): Promise<EndpointsFile | null> {
  if (scripts.length > 0) {
    if (!config.json) note(`Running ${scripts.length} scripts of ${config.initDir} …`);
    const { hostname, port } = new URL(`http://${offramp.edge}`);
    const edge = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
    const token = config.auth.mode === 'any' ? ANY_CREDENTIAL : null;
    if (!(await runInitScripts(scripts, clientVariables({ ...offramp, edge }, token), stop))) return null;
  }
  const record = readyRecord(offramp);
  const written = endpoints && (await endpoints(record));
  say(config.json ? JSON.stringify(record) : readyLine(offramp));
  return written;
}

/** A standby takes its addresses later, and would leave those waiting who connect to a socket that listens already. */
function openUnlessStandby(
  config: StartConfig,
  log: Logger,
  passed: PassedSockets,
): OpeningSockets | undefined {
  if (!config.standby) return openSockets(config, log, passed);
  if (passed === NO_SOCKETS) return undefined;
  throw new UsageError(
    '--standby opens its ports when it takes over, and cannot take sockets that are passed (LISTEN_FDS); start it without socket activation',
  );
}

function readyRecord(offramp: Offramp) {
  return {
    ready: true,
    api_url: offramp.apiUrl,
    api_token_file: offramp.apiTokenFile,
    edge: offramp.edge,
    edge_ca: offramp.edgeCa,
    stand_in: offramp.standIn,
    http: offramp.http,
    https: offramp.https,
    dns: offramp.dns,
    tcp: offramp.tcp,
    metrics: offramp.metrics,
    account_id: offramp.accountId,
    zone_id: offramp.zoneId,
    domain: offramp.domain,
  };
}

function readyLine(offramp: Offramp): string {
  const parts = [
    `API ${offramp.apiUrl}${offramp.apiTokenFile === null ? '' : ` (token in ${offramp.apiTokenFile})`}`,
    `traffic ${offramp.http}, over TLS ${offramp.https}`,
    `DNS ${offramp.dns}`,
    ...(offramp.metrics ? [`metrics http://${offramp.metrics}/metrics`] : []),
    ...Object.entries(offramp.tcp).map(([name, address]) => `TCP ${address} to ${name}`),
    `connectors ${offramp.edge} (CA ${offramp.edgeCa})`,
    ...(offramp.standIn === null ? [] : [`api.cloudflare.com ${offramp.standIn}`]),
    `account ${offramp.accountId}`,
    `zone ${offramp.zoneId} (${offramp.domain})`,
  ];
  return `Offramp is ready: ${parts.join(' · ')}`;
}
