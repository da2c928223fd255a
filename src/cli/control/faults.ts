import { readFile } from 'node:fs/promises';
import { CONTROL_FLAGS } from '../../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../../config/parse.js';
import { ask, type Question } from '../ask.js';
import type { Command } from '../command.js';
import { withCredential } from '../credential.js';
import { say } from '../terminal.js';

export const faultsCommand: Command = {
  summary: 'list, add or remove faults on checks, traffic and the API',
  flags: CONTROL_FLAGS,
  notes: `
Use: offramp faults                                                              prints them
     offramp faults add '{"on":"traffic","address":"10.0.0.1","latency_ms":200}'    adds one
     offramp faults replace FILE                                                 {"faults": […]} in place of all
     offramp faults remove NAME
     offramp faults clear

All but the first take --memory or --test-control at the start. See docs/faults.md.
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(CONTROL_FLAGS, argv, env);
    const flags = withCredential(given);
    const { query = '', ...question } = await questionOf(words);
    const answer = await ask(`${new URL(flags['api-url']).origin}/_offramp/faults${query}`, flags, question);
    say(JSON.stringify(answer.result ?? answer, null, 2));
    return 0;
  },
};

async function questionOf([verb, value, ...more]: readonly string[]): Promise<
  Question & { readonly query?: string }
> {
  if (more.length === 0) {
    if (verb === undefined) return {};
    if (verb === 'clear' && value === undefined) return { method: 'DELETE' };
    if (verb === 'remove' && value !== undefined)
      return { method: 'DELETE', query: `?name=${encodeURIComponent(value)}` };
    if (verb === 'add' && value !== undefined) return { method: 'POST', body: value };
    if (verb === 'replace' && value !== undefined) return { method: 'PUT', body: await textOf(value) };
  }
  throw new UsageError('faults takes nothing, or add JSON, replace FILE, remove NAME or clear');
}

const textOf = (file: string) =>
  readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
