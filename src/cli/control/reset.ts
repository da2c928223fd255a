import { CONTROL_FLAGS } from '../../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../../config/parse.js';
import { ask } from '../ask.js';
import type { Command } from '../command.js';
import { withCredential } from '../credential.js';
import { say } from '../terminal.js';

/** Milliseconds: a big state takes its time. */
const PATIENCE_MS = 60_000;

export const resetCommand: Command = {
  summary: 'put a running Offramp back to how it began',
  flags: CONTROL_FLAGS,
  notes: `
Use: offramp reset          to how the first start has left it
     offramp reset seed     to the seed that the start was given

It takes --memory or --test-control at the start. See docs/test-control.md.
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(CONTROL_FLAGS, argv, env);
    const flags = withCredential(given);
    const [to = 'empty', ...more] = words;
    if (!['empty', 'seed'].includes(to) || more.length > 0)
      throw new UsageError('reset takes nothing, or seed: where to go back to');
    const address = `${new URL(flags['api-url']).origin}/_offramp/reset?to=${to}`;
    const { result } = await ask(address, flags, { method: 'POST', patienceMs: PATIENCE_MS });
    const { account_id, zone_id, domain } = result as Readonly<Record<string, string>>;
    say(`Reset: account ${account_id}, zone ${zone_id} (${domain}).`);
    return 0;
  },
};
