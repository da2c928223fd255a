import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { TF_FLAGS } from '../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../config/parse.js';
import { clientVariables, standInVariables } from './client-variables.js';
import type { Command } from './command.js';
import { withCredential } from './credential.js';
import { reach } from './reach.js';

/** Runs Terraform with the variables that Cloudflare's provider reads, of version 5 and, where there is a stand-in, of version 4. */
export const tfCommand: Command = {
  summary: "run Terraform, or OpenTofu, with Cloudflare's provider pointed at a running Offramp",
  flags: TF_FLAGS,
  notes: `
Use: offramp tf -- init
     offramp tf -- plan
     offramp tf --tf-cmd tofu -- apply -auto-approve
Version 5 of the provider needs nothing more; version 4 speaks TLS alone, so start Offramp with --stand-in for it. The state is the one that
your configuration names: what is at Cloudflare belongs into another one (such as a workspace of its own).
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(TF_FLAGS, argv, env);
    const flags = withCredential(given);
    if (words.length === 0)
      throw new UsageError('tf takes what Terraform shall do, behind two dashes: offramp tf -- plan');
    const { reached, standIn } = await reach(flags);
    const variables = {
      ...(standIn ? standInVariables(standIn, flags['api-token']) : {}),
      ...clientVariables(reached, flags['api-token']),
    };
    return await runIn(flags['tf-cmd'], words, { ...without(env, OTHER_CREDENTIALS), ...variables });
  },
};

/** Of the same account, and the provider refuses two kinds at once. */
const OTHER_CREDENTIALS = ['CLOUDFLARE_API_KEY', 'CLOUDFLARE_EMAIL', 'CLOUDFLARE_API_USER_SERVICE_KEY'];

const without = (env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

/** Its terminal is ours, and so is its exit code; a signal goes to both, as a terminal sends it, or on from here. */
async function runIn(program: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, words, { env, stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGTERM', pass);
  // Ctrl-C has reached it already; it ends in its own time, and then so does this.
  const wait = () => {};
  process.on('SIGINT', wait);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 1;
  } catch (error) {
    throw new UsageError(
      `${program} cannot be run (${(error as Error).message}); --tf-cmd names Terraform or OpenTofu`,
    );
  } finally {
    process.off('SIGTERM', pass);
    process.off('SIGINT', wait);
  }
}
