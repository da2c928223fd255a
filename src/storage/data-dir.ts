import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** The longest path that a Unix socket may have on every platform. */
const SOCKET_PATH_MAX = 100;

export interface DataDir {
  readonly path: string;
  /** There was nothing in it. */
  readonly fresh: boolean;
  release(): Promise<void>;
}

/**
 * Creates the directory (owner only) and takes it for this process. The lock is a socket that listens, so a killed process never
 * leaves one that holds. Throws when another live process has it.
 */
export async function claimDataDir(directory: string): Promise<DataDir> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const real = await realpath(directory);
  const lock = lockPath(real);
  if (await listens(lock)) {
    throw new Error(
      `${real} is in use by another running Offramp; stop that one, or give this one its own --data-dir (or --memory)`,
    );
  }
  if (process.platform !== 'win32') await rm(lock, { force: true });
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(lock, resolve);
  });
  server.unref();
  return {
    path: real,
    fresh: (await readdir(real)).every((name) => name === 'lock'),
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function lockPath(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\offramp-${digest}`;
  const inside = path.join(directory, 'lock');
  return inside.length <= SOCKET_PATH_MAX ? inside : path.join(os.tmpdir(), `offramp-${digest}.lock`);
}

function listens(lock: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(lock);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
