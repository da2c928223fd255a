import { pino } from 'pino';
import { startApp } from './app.js';
import { START_FLAGS } from './config/flags.js';
import { describeFlags, parseFlags, UsageError } from './config/parse.js';
import { startConfig } from './config/start-config.js';

const HELP = `offramp: Cloudflare's Load Balancing and Zero Trust networking API, with a data plane, on your own machine

Usage: offramp <command> [flags]

  start      run the control plane and the data plane
  help       this text; "offramp <command> --help" tells a command's flags

Every flag has an environment variable: --http-port is OFFRAMP_HTTP_PORT. Flags win.`;

type Command = (argv: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = { start };

/** Runs one command; answers the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = argv;
  const command = COMMANDS[name];
  if (!command) {
    if (!['help', '--help', '-h'].includes(name))
      throw new UsageError(`there is no command "${name}". See offramp help.`);
    print(HELP);
    return 0;
  }
  return await command(rest);
}

async function start(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    print(`offramp start: run the control plane and the data plane\n\n${describeFlags(START_FLAGS)}`);
    return 0;
  }
  const config = startConfig(parseFlags(START_FLAGS, argv, process.env));
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  const offramp = await startApp(config, log, () => undefined);
  const ready = {
    ready: true,
    api_url: offramp.apiUrl,
    edge: offramp.edge,
    http: offramp.http,
    account_id: offramp.accountId,
    zone_id: offramp.zoneId,
    domain: offramp.domain,
  };
  print(config.json ? JSON.stringify(ready) : `Offramp is ready: ${offramp.apiUrl}`);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await offramp.close();
  return 0;
}

const print = (text: string) => process.stdout.write(`${text}\n`);
