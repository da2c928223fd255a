import { createHash } from 'node:crypto';
import { lstatSync, type Stats } from 'node:fs';
import { access, mkdir, readdir, realpath, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { StartFailure } from '../config/start-failure.js';
import { realTime } from '../net/clock.js';
import { isOpenToOthers, isOwn, makePrivate, quoted } from './private-files.js';
import { isSticky, mayBeChanged, sharedPlace } from './shared-places.js';

/** Bytes: the longest path that a Unix socket may have on every platform. */
const SOCKET_PATH_MAX = 100;
/** Milliseconds: a takeover is a few system calls. */
const TAKEOVER_MS = 2_000;
const TAKEOVER_POLL_MS = 20;

/** Says that the directory is Offramp's, with everything in it. */
const MARKER = 'OFFRAMP_DATA';
const MARKER_TEXT =
  'The data directory of an Offramp. What is in it is for its owner alone: each start makes it so (0700, 0600).\n';
/** All that an Offramp puts there, besides the marker and the lock, and the files by which each part is known as its own. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  edge: ['edge/ca.pem', 'edge/ca-key.pem'],
  database: ['database/PG_VERSION', 'database.complete'],
  'database.complete': ['database/PG_VERSION', 'database.complete'],
  'database.unfinished': [],
  'api-token': [],
  'api-token.unfinished': [],
};

export interface DataDir {
  readonly path: string;
  /** There was nothing in it. */
  readonly fresh: boolean;
  /** What a person should know of who can read it; null when its owner alone can, and could before. */
  readonly warning: string | null;
  release(): Promise<void>;
}

/**
 * Creates the directory and takes it for this process. It and what is in it is its owner's alone (0700, 0600) afterwards: it is narrowed when it
 * is Offramp's. The lock is a socket that listens, so a killed process never leaves one that holds. Throws StartFailure when another
 * live process has it, when it holds something else and others can look inside, or when it cannot be used at all.
 */
export async function claimDataDir(directory: string): Promise<DataDir> {
  const { real, before } = await openDirectory(directory);
  const lock = lockPath(real);
  refuseForeignLock(lock);
  const names = await namesIn(real);
  const marked = isOwnFile(real, MARKER);
  const known = Object.keys(PARTS).filter((name) => names.includes(name) && isOurs(real, name));
  const ours =
    marked || names.length === 0 || (known.length > 0 && names.every((name) => Object.hasOwn(PARTS, name)));
  const open = before !== null && isOpenToOthers(before);
  if (open && (!ours || sharedPlace(real, before))) throw openToOthers(real, before, names);
  // What else is in a directory that is not Offramp's stays as it is.
  const parts = ours ? [real] : known.map((name) => path.join(real, name));
  const isPrivate = parts.reduce((all, part) => makePrivate(part) && all, true);
  const server = await takeLock(lock);
  if (!server) {
    throw new StartFailure(
      `${real} is in use by another running Offramp; stop that one, or give this one its own --data-dir (or --memory)`,
    );
  }
  if (ours && !isOwnFile(real, MARKER)) {
    const now = await namesIn(real);
    // Others have put something there before it was narrowed, to be taken for ours.
    if (open && now.length > names.length) {
      server.close();
      throw openToOthers(real, before, now);
    }
    // Never through a link.
    await writeFile(path.join(real, MARKER), MARKER_TEXT, { mode: 0o600, flag: 'wx' });
  }
  return {
    path: real,
    fresh: names.every((name) => name === MARKER),
    warning: isPrivate ? wasOpen(real, open && names.length > 0) : keepsNoModes(real),
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** `before` is how it was found; null when it was made. */
async function openDirectory(directory: string) {
  const before = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (before && !before.isDirectory())
    throw new StartFailure(`--data-dir "${directory}" is a file; it takes a directory`);
  if (before && !isOwn(before)) throw foreign(await realpath(directory), before);
  await makeWithParents(directory);
  return { real: await realpath(directory), before };
}

/** Whether a regular file of this user is there; one that a symbolic link leads to is not. */
function isOwnFile(directory: string, name: string): boolean {
  try {
    const stats = lstatSync(path.join(directory, name));
    return stats.isFile() && isOwn(stats);
  } catch {
    return false;
  }
}

function isOurs(directory: string, part: string): boolean {
  const files = PARTS[part]!;
  return files.length > 0 && files.every((file) => isOwnFile(directory, file));
}

const LOCK = 'lock';
const TAKEOVER = 'lock.takeover';

const namesIn = async (directory: string) =>
  (await readdir(directory)).filter((name) => name !== LOCK && name !== TAKEOVER);

/** What is no socket is no lock that an Offramp has left: it would be removed, or could not be. */
function refuseForeignLock(lock: string): void {
  if (process.platform === 'win32') return;
  const stats = lstatSync(lock, { throwIfNoEntry: false });
  if (stats && !stats.isSocket()) throw notOurs(lock);
}

const notOurs = (file: string) =>
  new StartFailure(
    `${file} is in the way: Offramp locks its data directory with that name, and did not make what is there; move it away, or name another --data-dir`,
  );

/** Below one that users share anybody may make a directory; below one of the system nobody should. */
function ownDirectory(directory: string, stats: Stats): string {
  const place = sharedPlace(directory, stats);
  const example =
    place === null || isSticky(stats) ? path.join(directory, 'offramp') : path.join(os.homedir(), '.offramp');
  return `${place ? `it is ${place}: ` : ''}name one that is Offramp's alone, such as ${example}`;
}

function foreign(directory: string, stats: Stats): StartFailure {
  const me = process.getuid?.();
  const advice = mayBeChanged(directory, stats)
    ? `run "sudo chown -R ${me} ${quoted(directory)}", or name a directory below it that is not there yet, such as ${path.join(directory, 'offramp')}`
    : ownDirectory(directory, stats);
  return new StartFailure(
    `--data-dir "${directory}" belongs to another user (uid ${stats.uid}), and this Offramp runs as uid ${me}; ${advice}`,
  );
}

const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0');

function openToOthers(directory: string, stats: Stats, names: readonly string[]): StartFailure {
  const content = names.length > 0 ? ` and holds something else (${names[0]})` : '';
  const advice = mayBeChanged(directory, stats)
    ? `so it is not made private without asking. Run this first, or name a directory that is not there yet:\n  chmod 700 ${quoted(directory)}`
    : `and stays so: ${ownDirectory(directory, stats)}`;
  return new StartFailure(
    `--data-dir "${directory}" can be entered by other users (${octal(stats.mode)})${content}, ${advice}`,
  );
}

const wasOpen = (directory: string, open: boolean) =>
  open ? `other users could look into ${directory} until now: its keys may be known to them` : null;

const keepsNoModes = (directory: string) =>
  `the file system of ${directory} keeps no permissions: whoever reaches it can read its keys`;

/** Null when a live process has the lock. What a killed one has left is removed first. */
async function takeLock(lock: string): Promise<net.Server | null> {
  const server = await listen(lock);
  if (server || process.platform === 'win32' || (await listens(lock))) return server;
  const takeover = `${lock}.takeover`;
  const deadline = realTime.monotonic() + TAKEOVER_MS;
  for (; realTime.monotonic() < deadline; await realTime.wait(TAKEOVER_POLL_MS, { keepsAlive: true })) {
    if (await makeDirectory(takeover)) return await removeAndTake(lock, takeover);
    if (await listens(lock)) return null;
  }
  // A start that was killed in the middle of its takeover has left this behind.
  await rmdir(takeover).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw notOurs(takeover);
  });
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

/** Not Node's own `recursive`, which never ends where a directory cannot be made although its parent is there, as below /proc. */
async function makeWithParents(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (error) {
    const parent = path.dirname(directory);
    const parentIsMissing = await access(parent).then(
      () => false,
      () => parent !== directory,
    );
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !parentIsMissing) throw error;
    await makeWithParents(parent);
    await makeDirectory(directory);
  }
}

/** False when it is there already. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o700 });
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
    server.listen(lock, () => {
      makePrivate(lock);
      resolve(server.unref());
    });
  });
}

function lockPath(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\offramp-${digest}`;
  const inside = path.join(directory, LOCK);
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
