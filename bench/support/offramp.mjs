// Starts the compiled program as a user would, and speaks to its API.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { cpuMsOfTree } from './cpu.mjs';
import { FREE_PORTS } from './free-ports.mjs';

export const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');
const READY_LIMIT_MS = 60_000;
const HEADERS = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };

const directories = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone when the benchmark ends; `searchable`: other users may go through it. */
export function temporaryDirectory({ searchable = false } = {}) {
  const directory = mkdtempSync(path.join(tmpdir(), 'offramp-bench-'));
  if (searchable) chmodSync(directory, 0o711);
  directories.push(directory);
  return directory;
}

/**
 * Starts Offramp on free ports with its embedded database in `dataDir`, in memory when that is null, or on the database at `databaseUrl`; resolves
 * at its ready line, with the milliseconds from the start of the process to it, and the CPU time that they took. `main` is that of another
 * build, `command` what runs it in place of Node, with its first arguments.
 */
export async function startOfframp({
  dataDir,
  databaseUrl = null,
  main = MAIN,
  command: [file, ...before] = [process.execPath, main],
  env = {},
  flags = [],
}) {
  const args = [...before, 'start', '--json', ...FREE_PORTS];
  args.push(...(dataDir === null ? ['--memory'] : ['--data-dir', dataDir]));
  args.push(...(databaseUrl ? ['--database-url', databaseUrl] : []), ...flags);
  const began = performance.now();
  const child = spawn(file, args, {
    // What runs it may end without it, as npx does: then both are told.
    detached: file !== process.execPath,
    env: { ...ownEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const tell = (signal) => process.kill(file === process.execPath ? child.pid : -child.pid, signal);
  const killAtExit = () => tell('SIGKILL');
  process.on('exit', killAtExit);
  const exited = once(child, 'exit');
  exited.then(() => process.off('exit', killAtExit));
  const [line] = await Promise.race([
    once(readline.createInterface({ input: child.stdout }), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`offramp ended with code ${code} before it was ready`))),
    failAfter(READY_LIMIT_MS, 'offramp was not ready'),
  ]);
  const readyMs = performance.now() - began;
  const readyCpuMs = cpuMsOfTree(child.pid);
  const ready = JSON.parse(line);
  return {
    pid: child.pid,
    readyMs,
    readyCpuMs,
    port: Number(new URL(ready.api_url).port),
    pools: `/client/v4/accounts/${ready.account_id}/load_balancers/pools`,
    /** What the ready line says. */
    ready,
    async stop() {
      tell('SIGTERM');
      await exited;
    },
    async kill() {
      tell('SIGKILL');
      await exited;
    },
  };
}

/** One call of the API, below `/client/v4`; answers its result, and throws unless the status is 200. */
export async function callApi(offramp, method, where, body) {
  const response = await fetch(`http://127.0.0.1:${offramp.port}/client/v4${where}`, {
    method,
    headers: HEADERS,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 200) return (await response.json()).result;
  throw new Error(`${method} ${where} answered ${response.status}: ${await response.text()}`);
}

/** Makes `count` pools of three origins and no monitor; answers their ids. */
export async function createPools(offramp, count) {
  const ids = [];
  for (let i = 0; i < count; i++) {
    const response = await fetch(`http://127.0.0.1:${offramp.port}${offramp.pools}`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ name: `pool-${i}`, origins: origins(i, 1) }),
    });
    if (response.status !== 200)
      throw new Error(`POST of a pool answered ${response.status}: ${await response.text()}`);
    ids.push((await response.json()).result.id);
  }
  return ids;
}

/** Three public addresses that nothing dials; another `weight` makes another list. */
export function origins(pool, weight) {
  return [1, 2, 3].map((last) => ({
    name: `origin-${last}`,
    address: `9.${(pool >> 8) & 255}.${pool & 255}.${last}`,
    weight,
  }));
}

/** The text of one HTTP/1.1 request, for the load generator. */
export function requestText(method, target, body) {
  const content = body === undefined ? '' : JSON.stringify(body);
  const fields = [
    'Host: 127.0.0.1',
    `Authorization: ${HEADERS.authorization}`,
    ...(content ? [`Content-Type: application/json`, `Content-Length: ${Buffer.byteLength(content)}`] : []),
  ];
  return `${method} ${target} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${content}`;
}

/** Nothing of the person's own settings. */
export function ownEnvironment() {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_/.test(name),
  );
  return Object.fromEntries(entries);
}

function failAfter(ms, what) {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`${what} after ${ms} ms`)), ms).unref();
  });
}
