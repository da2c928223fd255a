import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { CONTROL_FLAGS } from '../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../config/parse.js';
import { type Asking, ask } from './ask.js';
import type { Command } from './command.js';
import { withCredential } from './credential.js';
import { say } from './terminal.js';

/** A big database takes its time. */
const PATIENCE_MS = 120_000;

/** Saves everything that a running Offramp has stored to a file, or puts such a file back. */
export const snapshotCommand: Command = {
  summary: 'save everything that is stored to a file, or restore it',
  flags: CONTROL_FLAGS,
  notes: `
Use: offramp snapshot save FILE       everything, with ids and times
     offramp snapshot restore FILE    in place of what is stored; takes --memory or --test-control at the start

The file holds the secrets of tunnels: it is written for its owner alone. It fits every database of the same version, embedded or
PostgreSQL. See docs/snapshots.md.
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(CONTROL_FLAGS, argv, env);
    const flags = withCredential(given);
    const [verb, file, ...more] = words;
    if ((verb !== 'save' && verb !== 'restore') || file === undefined || more.length > 0)
      throw new UsageError('snapshot takes "save FILE" or "restore FILE"');
    const address = `${new URL(flags['api-url']).origin}/_offramp/snapshot`;
    await (verb === 'save' ? save : restore)(file, address, flags);
    return 0;
  },
};

async function save(file: string, address: string, asking: Asking): Promise<void> {
  const contents = await ask(address, asking, { patienceMs: PATIENCE_MS });
  // Beside it first: a file that is there stays whole until the new one is.
  const made = `${file}.${randomUUID()}`;
  try {
    await writeFile(made, `${JSON.stringify(contents)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
  say(`Saved to ${file}, which holds the secrets of tunnels: ${rowsOf(contents)} rows.`);
}

async function restore(file: string, address: string, asking: Asking): Promise<void> {
  const body = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
  await ask(address, asking, { method: 'PUT', body, patienceMs: PATIENCE_MS });
  say(`Restored from ${file}.`);
}

const rowsOf = ({ tables }: Readonly<Record<string, unknown>>) =>
  Object.values(tables as Readonly<Record<string, readonly object[]>>).reduce(
    (sum, rows) => sum + rows.length,
    0,
  );
