import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes: the longest path that a Unix socket may have on every platform. */
const SOCKET_PATH_MAX = 100;
/** Milliseconds: a takeover is a few system calls. */
const TAKEOVER_MS = 2_000;
const TAKEOVER_POLL_MS = 20;

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
    fresh: (await readdir(real)).every((name) => name.startsWith('lock')),
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Null when a live process has the lock. What a killed one has left is removed first. */
async function takeLock(lock: string): Promise<net.Server | null> {
  const server = await listen(lock);
  if (server || process.platform === 'win32' || (await listens(lock))) return server;
  const takeover = `${lock}.takeover`;
  for (const deadline = Date.now() + TAKEOVER_MS; Date.now() < deadline; await delay(TAKEOVER_POLL_MS)) {
    if (await makeDirectory(takeover)) return await removeAndTake(lock, takeover);
    if (await listens(lock)) return null;
  }
  // A start that was killed in the middle of its takeover has left this behind.
  await rmdir(takeover).catch(() => undefined);
  return await takeLock(lock);
}

/**
 * One start at a time gets here, so that nobody removes the lock of a live process: as long as the dead one is there, nobody
 * else can listen at its path.
 */
async function removeAndTake(lock: string, takeover: string): Promise<net.Server | null> {
  try {
    if (await listens(lock)) return null;
    await rm(lock, { force: true });
    return await listen(lock);
  } finally {
    await rmdir(takeover);
  }
}

/** False when it is there already. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
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
