import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FREE_PORTS, readyLine, spawnProgram } from './program.js';

export interface RunningOfframp {
  readonly apiUrl: string;
  readonly edge: string;
  readonly edgeCa: string;
  readonly http: string;
  readonly dns: string;
  /** By the host name of the load balancer. */
  readonly tcp: Readonly<Record<string, string>>;
  readonly https: string;
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
  readonly process: ChildProcess;
  /** SIGTERM and wait; answers the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the compiled program on free ports and waits for its ready line. In memory unless flags say otherwise; with
 * TEST_DATABASE_URL set, on a database of its own in that PostgreSQL.
 */
export async function startOfframp(
  flags: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningOfframp> {
  const storage = flags.some((flag) => /^--(memory|data-dir|database-url)/.test(flag))
    ? []
    : await storageFlags();
  const child = spawnProgram(['start', '--json', ...FREE_PORTS, ...storage, ...flags], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return runningOfframp(child, await readyLine(child));
}

/** A program that has said this when it was ready. */
// biome-ignore lint/suspicious/noExplicitAny: the line as the program prints it.
export function runningOfframp(child: ChildProcess, ready: any): RunningOfframp {
  return {
    apiUrl: ready.api_url,
    edge: ready.edge,
    edgeCa: ready.edge_ca,
    http: ready.http,
    dns: ready.dns,
    tcp: ready.tcp,
    https: ready.https,
    accountId: ready.account_id,
    zoneId: ready.zone_id,
    domain: ready.domain,
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await exit;
      return code;
    },
  };
}

async function storageFlags(): Promise<string[]> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) return ['--memory'];
  const { createScratchDatabase } = await import('./scratch-database.js');
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-test-'));
  const url = await createScratchDatabase(server);
  // What --memory allows by itself.
  return ['--database-url', url, '--data-dir', dataDir, '--test-control'];
}
