import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import { StartFailure } from '../config/start-failure.js';
import { realTime } from '../net/clock.js';

/** Milliseconds that one script may take. */
const PATIENCE_MS = 600_000;
/** The same from SIGTERM to SIGKILL. */
const GRACE_MS = 5_000;

/** The scripts of a directory, in the order of their names: what ends in `.sh`, and what is executable. Throws StartFailure when it cannot be read. */
export async function initScripts(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: Error) => {
    throw new StartFailure(`--init-dir ${directory} cannot be read: ${error.message}`);
  });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => path.resolve(directory, name));
  const runnable = await Promise.all(
    files.map(async (file) => file.endsWith('.sh') || (await isExecutable(file))),
  );
  return files.filter((_file, index) => runnable[index]).sort();
}

const isExecutable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/**
 * One after the other, with these variables; what they print goes to stderr. Answers false when `stopped` has come before the end. Throws
 * StartFailure at the first one that fails.
 */
export async function runInitScripts(
  scripts: readonly string[],
  variables: Readonly<Record<string, string>>,
  stopped: Promise<void>,
): Promise<boolean> {
  let goesOn = true;
  const stop = stopped.then(() => {
    goesOn = false;
  });
  for (const script of scripts) {
    const [command, args] = (await isExecutable(script)) ? [script, []] : ['/bin/sh', [script]];
    // In a group of its own, which is ended with what it has started.
    const child = spawn(command, args, {
      cwd: path.dirname(script),
      env: { ...process.env, ...variables },
      stdio: ['ignore', process.stderr, process.stderr],
      detached: true,
    });
    const ended = endOf(child);
    const over = Promise.race([stop, realTime.wait(PATIENCE_MS)]).then(() => endGroup(child, ended));
    const how = await ended;
    if (!goesOn) await over;
    if (!goesOn) return false;
    if (how !== null) throw new StartFailure(`--init-dir: ${script} ${how}`);
  }
  return goesOn;
}

/** By SIGTERM, and by SIGKILL when that is not heard. Nothing when it has ended. */
async function endGroup(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      return;
    }
    await Promise.race([ended, realTime.wait(GRACE_MS)]);
  }
}

/** Null after a good end. */
async function endOf(child: ChildProcess): Promise<string | null> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (code === 0) return null;
    return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  } catch (error) {
    return `cannot be run: ${(error as Error).message}`;
  }
}
