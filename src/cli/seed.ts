import { readFile } from 'node:fs/promises';
import { SEED_FLAGS } from '../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../config/parse.js';
import { firstFew } from '../resources/first-few.js';
import { seedText } from '../seed/text.js';
import { ask } from './ask.js';
import type { Command } from './command.js';
import { withCredential } from './credential.js';
import { say } from './terminal.js';

/** A big seed takes its time. */
const PATIENCE_MS = 60_000;

/** Makes the objects of a file in a running Offramp, or writes down those that it has. */
export const seedCommand: Command = {
  summary: 'make the objects of a file, or write down those that there are',
  flags: SEED_FLAGS,
  notes: `
Use: offramp seed FILE            adds what the file has: all of it or nothing
     offramp seed --export        prints everything that is stored as such a file, in YAML

A file is YAML or JSON, with objects by name. "offramp start --seed FILE" begins with it. See docs/seeds.md.
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(SEED_FLAGS, argv, env);
    const flags = withCredential(given);
    const address = `${new URL(flags['api-url']).origin}/_offramp/seed`;
    const [file, ...more] = words;
    if (flags.export ? file !== undefined : file === undefined || more.length > 0)
      throw new UsageError('seed takes one FILE, or --export without one');
    if (file === undefined) {
      process.stdout.write(seedText(await ask(address, flags, { patienceMs: PATIENCE_MS })));
      return 0;
    }
    const body = await readFile(file, 'utf8').catch((error: Error) => {
      throw new UsageError(`${file} cannot be read: ${error.message}`);
    });
    const named = `${address}?name=${encodeURIComponent(file)}`;
    const { result } = await ask(named, flags, {
      method: 'POST',
      body,
      type: 'application/yaml',
      patienceMs: PATIENCE_MS,
    });
    say(`Made ${madeOf(result as Made)}.`);
    return 0;
  },
};

type Made = { readonly made: readonly (Readonly<Record<string, object>> & { readonly id: never })[] };

/** `pools eu, us; tunnels dc`. */
function madeOf({ made }: Made): string {
  const named = made.flatMap(({ id: _account, ...members }) =>
    Object.entries(members).map(
      ([member, ids]) => `${member.replaceAll('_', ' ')} ${firstFew(Object.keys(ids))}`,
    ),
  );
  return named.length === 0 ? 'nothing' : named.join('; ');
}
