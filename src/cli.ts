import type { Command } from './commands/command.js';
import { connectorCommand } from './commands/connector.js';
import { demoCommand } from './commands/demo/demo.js';
import { envCommand } from './commands/env.js';
import { explainCommand } from './commands/explain.js';
import { startCommand } from './commands/start.js';
import { describeFlags, UsageError } from './config/parse.js';
import { VERSION } from './config/version.js';

const COMMANDS: Readonly<Record<string, Command>> = {
  start: startCommand,
  demo: demoCommand,
  connector: connectorCommand,
  env: envCommand,
  explain: explainCommand,
};

const HELP = `offramp ${VERSION}: Cloudflare's Load Balancing and Zero Trust networking API, with a data plane, on your own machine

Usage: offramp <command> [flags]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join('\n')}

"offramp <command> --help" tells a command's flags. Every flag has an environment variable: --http-port is
OFFRAMP_HTTP_PORT. Flags win over variables.
`;

/** Runs one command; answers the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = argv;
  if (['help', '--help', '-h'].includes(name)) return print(HELP);
  if (['version', '--version'].includes(name)) return print(`${VERSION}\n`);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : undefined;
  if (!command) throw new UsageError(`there is no command "${name}". See offramp help.`);
  if (rest.includes('--help') || rest.includes('-h')) {
    return print(
      `offramp ${name}: ${command.summary}\n\n${describeFlags(command.flags)}\n${command.notes ?? ''}`,
    );
  }
  return await command.run(rest, process.env);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
