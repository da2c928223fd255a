import { once } from 'node:events';
import { type Api, apiOf } from './api.js';
import { type RunningOfframp, startOfframp } from './offramp.js';

/** An account and a zone of the test file's own, in a program that it shares with the other files of its worker. */
export type SharedOfframp = Omit<RunningOfframp, 'process' | 'stop'> & {
  /** Deletes every account with all that is in it; the program stays for the next file. */
  stop(): Promise<void>;
};

const DOMAIN = 'example.com';
const programs = new Map<string, Promise<RunningOfframp>>();
const running: RunningOfframp[] = [];

/**
 * For files that need nothing but the API and a few flags. The account is the only one in the program, and so the first one, and `example.com` its
 * only zone. What belongs to no account stays from file to file: the user, its tokens, faults, the log of requests.
 */
export async function sharedOfframp(flags: readonly string[] = []): Promise<SharedOfframp> {
  const key = flags.join(' ');
  if (programs.size === 0) endWithWorker();
  const program = programs.get(key) ?? start(flags);
  programs.set(key, program);
  const { process: _process, stop: _stop, ...offramp } = await program;
  const api = apiOf(offramp);
  // Those that the program has made, and those of a file that has failed.
  await deleteAccounts(api);
  const account = await api.create('/accounts', { name: 'Offramp' });
  const zone = await api.create('/zones', { name: DOMAIN, account: { id: account.id } });
  return {
    ...offramp,
    accountId: account.id,
    zoneId: zone.id,
    domain: DOMAIN,
    stop: () => deleteAccounts(api),
  };
}

async function start(flags: readonly string[]): Promise<RunningOfframp> {
  const offramp = await startOfframp(flags);
  running.push(offramp);
  return offramp;
}

async function deleteAccounts(api: Api): Promise<void> {
  for (const { id } of (await api.get('/accounts?per_page=50')).body.result) {
    const { status, body } = await api.delete(`/accounts/${id}`);
    if (status !== 200) throw new Error(`the account ${id} stays: ${status} ${JSON.stringify(body)}`);
  }
}

/** A worker ends by a signal, or when Vitest is gone. A program that outlived it would stay for ever. */
function endWithWorker(): void {
  const end = async () => {
    const gone = running.map(({ process: child }) => once(child, 'exit'));
    for (const { process: child } of running) child.kill('SIGKILL');
    await Promise.all(gone);
    process.kill(process.pid, 'SIGTERM');
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
}
