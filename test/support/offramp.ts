import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

export interface RunningOfframp {
  readonly apiUrl: string;
  readonly edge: string;
  readonly edgeCa: string;
  readonly http: string;
  readonly https: string;
  readonly dns: string;
  /** By the host name of the load balancer. */
  readonly tcp: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly zoneId: string;
  readonly domain: string;
  readonly process: ChildProcess;
  /** SIGTERM and wait; answers the exit code. */
  stop(): Promise<number | null>;
}

/** The environment of a test's child process: nothing of the person's own settings. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_/.test(name),
  );
  return Object.fromEntries(entries);
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
  const ports = [
    '--port',
    '0',
    '--edge-port',
    '0',
    '--http-port',
    '0',
    '--https-port',
    '0',
    '--dns-port',
    '0',
    '--private-port',
    '0',
  ];
  const child = spawn(process.execPath, [MAIN, 'start', '--json', ...ports, ...storage, ...flags], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout! });
  const [line] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(child, 'exit').then(([code]): never => {
      throw new Error(`offramp ended with code ${code} before it was ready`);
    }),
  ]);
  const ready = JSON.parse(line);
  return {
    apiUrl: ready.api_url,
    edge: ready.edge,
    edgeCa: ready.edge_ca,
    http: ready.http,
    https: ready.https,
    dns: ready.dns,
    tcp: ready.tcp,
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
  return ['--database-url', await createScratchDatabase(server), '--data-dir', dataDir];
}
