// The process of origins.mjs, and what it has counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { LISTENED } from './addresses.mjs';

const QUIET_LIMIT_MS = 60_000;
/** Checks of ten thousand origins an hour are three a second. */
const QUIET_PER_SECOND = 40;

export async function startCountedOrigins() {
  const script = path.join(import.meta.dirname, 'origins.mjs');
  const child = spawn(process.execPath, [script, LISTENED.join()], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const lines = readline.createInterface({ input: child.stdout });
  const [port] = await once(lines, 'line');

  /** Resolves with the number of connections in each of so many 100 ms from now on. */
  async function count(seconds) {
    child.stdin.write('count\n');
    await delay(seconds * 1000);
    child.stdin.write('report\n');
    const [line] = await once(lines, 'line');
    const buckets = JSON.parse(line);
    return Array.from({ length: seconds * 10 }, (_, i) => buckets[i] ?? 0);
  }

  return {
    port: Number(port),
    count,
    /** Resolves when hardly anybody checks them. */
    async quiet() {
      const deadline = Date.now() + QUIET_LIMIT_MS;
      while (sum(await count(1)) > QUIET_PER_SECOND)
        if (Date.now() > deadline) throw new Error('checks go on that should be over');
    },
  };
}

export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
