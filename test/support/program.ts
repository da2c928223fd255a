import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { onTestFinished } from 'vitest';
import { cleanEnvironment } from './clean-environment.js';

/** The compiled program, as users run it. Nothing else in the tests names it, so that imports tell which files start it. */
export const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

/** Scripts that start it. */
export const BENCHES = path.resolve(import.meta.dirname, '../../bench');

/** Every listener of `offramp start`, on a free port. */
export const FREE_PORTS: readonly string[] = ['', 'edge-', 'http-', 'https-', 'dns-', 'private-'].flatMap(
  (name) => [`--${name}port`, '0'],
);

export interface ProgramOptions {
  /** Over the environment, of which the person's own settings are gone. */
  readonly env?: NodeJS.ProcessEnv;
  /** Flags of Node, before the program. */
  readonly node?: readonly string[];
  readonly cwd?: string;
  readonly uid?: number;
  readonly stdio?: SpawnOptions['stdio'];
}

export function spawnProgram(argv: readonly string[], options: ProgramOptions = {}): ChildProcess {
  const { env = {}, node = [], stdio = 'pipe', ...rest } = options;
  return spawn(process.execPath, [...node, MAIN, ...argv], {
    env: { ...cleanEnvironment(), ...env },
    stdio,
    ...rest,
  });
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of the program to its end. */
export async function runProgram(
  argv: readonly string[],
  options: Omit<ProgramOptions, 'stdio'> = {},
): Promise<Ended> {
  const child = spawnProgram(argv, options);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [out, err] = [collect(child.stdout!), collect(child.stderr!)];
  const [code] = await once(child, 'close');
  return { code, out: out(), err: err() };
}

/** What a stream has given so far. */
export function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** What `offramp start --json` says when it is ready. */
// biome-ignore lint/suspicious/noExplicitAny: every test looks at other lines of it.
export async function readyLine(child: ChildProcess): Promise<any> {
  const lines = readline.createInterface({ input: child.stdout! });
  const [line] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(child, 'exit').then(([code]): never => {
      throw new Error(`offramp ended with code ${code} before it was ready`);
    }),
  ]);
  return JSON.parse(line);
}
