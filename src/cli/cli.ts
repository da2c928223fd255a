import {
  CONNECTOR_FLAGS,
  CONTROL_FLAGS,
  DEMO_FLAGS,
  ENV_FLAGS,
  EXPLAIN_FLAGS,
  SEED_FLAGS,
  START_FLAGS,
  TF_FLAGS,
} from '../config/flags.js';
import { describeFlags, UsageError, variableOf } from '../config/parse.js';
import { unknownVariables } from '../config/variables.js';
import { VERSION } from '../config/version.js';
import type { Command } from './command.js';
import { explainStartFailure } from './start-failure.js';

/** Each is loaded when it is asked for: a start shall listen before what it does not need is read. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.js')).startCommand,
  demo: async () => (await import('./demo/demo.js')).demoCommand,
  connector: async () => (await import('./connector.js')).connectorCommand,
  env: async () => (await import('./env.js')).envCommand,
  explain: async () => (await import('./explain.js')).explainCommand,
  seed: async () => (await import('./seed.js')).seedCommand,
  doctor: async () => (await import('./doctor/doctor.js')).doctorCommand,
  reset: async () => (await import('./control/reset.js')).resetCommand,
  clock: async () => (await import('./control/clock.js')).clockCommand,
  faults: async () => (await import('./control/faults.js')).faultsCommand,
  requests: async () => (await import('./control/requests.js')).requestsCommand,
  tf: async () => (await import('./tf.js')).tfCommand,
  snapshot: async () => (await import('./snapshot.js')).snapshotCommand,
};

const VARIABLES = [
  START_FLAGS,
  CONNECTOR_FLAGS,
  CONTROL_FLAGS,
  DEMO_FLAGS,
  ENV_FLAGS,
  EXPLAIN_FLAGS,
  SEED_FLAGS,
  TF_FLAGS,
]
  .flatMap((flags) => Object.keys(flags))
  .map(variableOf);

async function help(): Promise<string> {
  const lines = Object.entries(COMMANDS).map(
    async ([name, load]) => `  ${name.padEnd(12)}${(await load()).summary}`,
  );
  return `offramp ${VERSION}: Cloudflare's Load Balancing and Zero Trust networking API, with a data plane, on your own machine

Usage: offramp <command> [flags]

${(await Promise.all(lines)).join('\n')}

"offramp <command> --help" tells a command's flags. Every flag has an environment variable: --http-port is
OFFRAMP_HTTP_PORT. Flags win over variables.
`;
}

/** Runs one command and sets the exit code: 2 for a mistake in flags or environment, 1 for any other failure. */
export async function main(argv: readonly string[]): Promise<void> {
  // Who reads only the beginning, as `head` does, has what they want.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    process.exitCode = await runCli(argv);
  } catch (error) {
    const text = error instanceof UsageError ? error.message : explainStartFailure(error as Error);
    process.stderr.write(`offramp: ${text}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** Runs one command; answers the exit code. */
async function runCli(argv: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = argv[0] === 'help' && argv[1] ? [argv[1], '--help'] : argv;
  if (['help', '--help', '-h'].includes(name)) return print(await help());
  if (['version', '--version'].includes(name)) return print(`${VERSION}\n`);
  const command = Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]!() : undefined;
  if (!command) throw new UsageError(`there is no command "${name}". See offramp help.`);
  if (rest.includes('--help') || rest.includes('-h')) {
    return print(
      `offramp ${name}: ${command.summary}\n\n${describeFlags(command.flags)}\n${command.notes ?? ''}`,
    );
  }
  for (const sentence of unknownVariables(process.env, VARIABLES))
    process.stderr.write(`offramp: ${sentence}\n`);
  return await command.run(rest, process.env);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
