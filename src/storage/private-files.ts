import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import path from 'node:path';
import { StartFailure } from '../config/start-failure.js';

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;
const PERMISSIONS = 0o777;

export const isOpenToOthers = ({ mode }: Pick<Stats, 'mode'>) =>
  process.platform !== 'win32' && (mode & OTHERS) !== 0;

/** Whether a user without privileges may change the permissions of it; true on systems without users. */
export const isOwn = ({ uid }: Pick<Stats, 'uid'>) =>
  process.getuid === undefined || uid === process.getuid();

/**
 * Gives `root` and everything below it to its owner alone: directories 0700, all else 0600. Symbolic links and what they lead to stay as
 * they are. False where the file system keeps no permissions. Throws StartFailure when a part of it belongs to another user.
 */
export function makePrivate(root: string): boolean {
  if (process.platform === 'win32') return true;
  const stats = statsOf(root);
  if (!stats || stats.isSymbolicLink()) return true;
  if (!isOwn(stats) && process.getuid?.() !== 0) throw foreignPart(root, stats.uid);
  // From the top: whoever could look inside a moment ago cannot any more while the rest is done.
  const kept = setMode(root, stats, stats.isDirectory() ? 0o700 : 0o600);
  if (!stats.isDirectory()) return kept;
  return readdirSync(root).reduce((all, name) => makePrivate(path.join(root, name)) && all, kept);
}

function setMode(file: string, stats: Stats, mode: number): boolean {
  if ((stats.mode & PERMISSIONS) === mode) return true;
  try {
    chmodSync(file, mode);
  } catch (error) {
    // Read-only, or without permissions: whether it can be written shows when it is.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  const after = statsOf(file);
  return !after || !isOpenToOthers(after);
}

/** Null when it has gone: another Offramp may be ending. */
function statsOf(file: string): Stats | null {
  try {
    return lstatSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function foreignPart(file: string, uid: number): StartFailure {
  return new StartFailure(
    `${file} belongs to another user (uid ${uid}), perhaps because Offramp was once started with sudo; make it yours: sudo chown -R ${process.getuid?.()} ${quoted(file)}`,
  );
}

/** For a line that is to be pasted into a shell. */
export const quoted = (file: string) =>
  /^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
