import { once } from 'node:events';
import { type RunningOfframp, startOfframp } from './offramp.js';

/** A program as after its start, which a test file shares with the other files of its worker. */
export type SharedOfframp = Omit<RunningOfframp, 'process' | 'stop'> & {
  /** The program stays for the next file. */
  stop(): Promise<void>;
};

const programs = new Map<string, Promise<RunningOfframp>>();
const running: RunningOfframp[] = [];

/** For files that need nothing but the API and a few flags. */
export async function sharedOfframp(flags: readonly string[] = []): Promise<SharedOfframp> {
  const key = flags.join(' ');
  if (programs.size === 0) endWithWorker();
  const program = programs.get(key) ?? start(flags);
  programs.set(key, program);
  const { process: _process, stop: _stop, ...offramp } = await program;
  // Also after a file that has failed.
  await reset(offramp);
  return { ...offramp, stop: () => reset(offramp) };
}

async function reset({ apiUrl }: Pick<RunningOfframp, 'apiUrl'>): Promise<void> {
  const url = new URL('/_offramp/reset', apiUrl);
  const response = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer test-token' } });
  if (response.status !== 200) throw new Error(`no reset: ${response.status} ${await response.text()}`);
}

async function start(flags: readonly string[]): Promise<RunningOfframp> {
  const offramp = await startOfframp(flags);
  running.push(offramp);
  return offramp;
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
