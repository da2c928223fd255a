import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { FailureReason } from '../../live/health-board.js';
import { ProbeFailure } from './probe.js';

/** What a run of the program says; more of it is not kept. */
const MAX_OUTPUT = 4_096;
const ROUND_TRIP = /\btime[=<]([\d.]+) ?ms\b/;

interface Run {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * One ICMP echo to `ip`, a literal, by the system's `ping`, which has the right to send it where a process like this one
 * has not. Resolves with the round trip in milliseconds, null when the program does not tell it; rejects with a
 * ProbeFailure. Its vocabulary has no word of its own for an echo that nobody answers: that is a timeout.
 */
export async function ping(ip: string, signal: AbortSignal): Promise<number | null> {
  await turn();
  // No other options: the time to wait is in seconds for one program and in milliseconds for another.
  const { exitCode, output } = await run('ping', ['-c', '1', ip], signal);
  if (signal.aborted) throw new ProbeFailure('TCP Timeout');
  if (exitCode !== 0) throw new ProbeFailure(reasonOf(output));
  const roundTrip = ROUND_TRIP.exec(output)?.[1];
  return roundTrip === undefined ? null : Number(roundTrip);
}

let newest: Promise<void> = Promise.resolve();

/** Starting a program holds up the thread for milliseconds: one in each turn of the event loop, so that traffic runs between. */
function turn(): Promise<void> {
  newest = newest.then(() => new Promise((resolve) => setImmediate(resolve)));
  return newest;
}

function reasonOf(output: string): FailureReason {
  if (/not permitted|permission denied|usage:|invalid option/i.test(output)) return 'Monitor Config Error';
  if (/net(work)?( is)? unreachable/i.test(output)) return 'Network Unreachable';
  if (/unreachable|no route to host/i.test(output)) return 'No route to host error';
  return /\b(0 received|0 packets received)\b/.test(output) ? 'TCP Timeout' : 'Other Failure';
}

/** Without a shell; killed when `signal` is aborted. Rejects when the program is not there. */
function run(program: string, args: readonly string[], signal: AbortSignal): Promise<Run> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new ProbeFailure('TCP Timeout'));
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    // First of all: without descriptors for the pipes there is an error, and there are no streams.
    child.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', kill);
      const absent = error.code === 'ENOENT' || error.code === 'EACCES';
      reject(new ProbeFailure(absent ? 'Monitor Config Error' : 'Other Failure', { cause: error }));
    });
    const outputs = [collect(child.stdout), collect(child.stderr)];
    child.once('close', (exitCode) => {
      signal.removeEventListener('abort', kill);
      resolve({ exitCode, output: outputs.map((text) => text()).join('\n') });
    });
  });
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('latin1').on('data', (chunk: string) => {
    if (text.length < MAX_OUTPUT) text += chunk.slice(0, MAX_OUTPUT - text.length);
  });
  return () => text;
}
