import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import { StartFailure } from '../config/start-failure.js';

/** Milliseconds that one script may take. */
const PATIENCE_MS = 600_000;

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

/** One after the other, with these variables; what they print goes to stderr. Throws StartFailure at the first one that fails. */
export async function runInitScripts(
  scripts: readonly string[],
  variables: Readonly<Record<string, string>>,
  stopped: Promise<void>,
): Promise<void> {
  for (const script of scripts) {
    const [command, args] = (await isExecutable(script)) ? [script, []] : ['/bin/sh', [script]];
    const child = spawn(command, args, {
      cwd: path.dirname(script),
      env: { ...process.env, ...variables },
      stdio: ['ignore', process.stderr, process.stderr],
      timeout: PATIENCE_MS,
    });
    void stopped.then(() => child.kill('SIGTERM'));
    const how = await endOf(child);
    if (how !== null) throw new StartFailure(`--init-dir: ${script} ${how}`);
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
