import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** Bytes: the longest path that a Unix socket may have on every platform. */
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
  const server = await takeLock(lockPath(real));
  if (!server) {
    throw new Error(
      `${real} is in use by another running Offramp; stop that one, or give this one its own --data-dir (or --memory)`,
    );
  }
  return {
    path: real,
    fresh: (await readdir(real)).every((name) => name === 'lock'),
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Null when a live process has the lock. What a killed one has left is put aside first, and given back if it turns out to live. */
async function takeLock(lock: string): Promise<net.Server | null> {
  const server = await listen(lock);
  if (server || process.platform === 'win32' || (await listens(lock))) return server;
  const aside = `${lock}.${randomBytes(4).toString('hex')}`;
  // Gone already: another start has put it aside, and whoever listens first has the lock.
  await rename(lock, aside).catch(() => undefined);
  if (await listens(aside)) {
    await rename(aside, lock);
    return null;
  }
  await rm(aside, { force: true });
  return await listen(lock);
}

/** Null when the path is taken, by a live process or by what a killed one has left. */
function listen(lock: string): Promise<net.Server | null> {
  const server = net.createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(lock, () => resolve(server.unref()));
  });
}

function lockPath(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\offramp-${digest}`;
  const inside = path.join(directory, 'lock');
  return Buffer.byteLength(inside) <= SOCKET_PATH_MAX
    ? inside
    : path.join(os.tmpdir(), `offramp-${digest}.lock`);
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
