import { type Stats, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isOwn } from './private-files.js';

// Directories of which nothing is changed, and for which no command is printed that changes them: whoever pastes it would lock out others.

/** Trees of the system: the directory itself and all below it. */
const OF_THE_SYSTEM = /^\/(bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr|Applications|Library|System)(\/|$)/;
/** Directories that hold those of many. */
const OF_MANY =
  /^\/(home|media|mnt|opt|private|srv|tmp|Users|var(\/(backups|cache|lib|local|lock|log|mail|opt|run|spool|tmp))?)?$/;
/** What is below the home of a person. */
const HOME = /^\/(root|(home|Users)\/[^/]+)(?=\/|$)/;
const STICKY = 0o1000;

/** Everybody may make files there, and remove his own. */
export const isSticky = ({ mode }: Pick<Stats, 'mode'>) => (mode & STICKY) !== 0;

/** What a directory is, when it cannot become Offramp's alone; null when it can. `real` is absolute, without symbolic links. */
export function sharedPlace(real: string, stats: Pick<Stats, 'mode' | 'uid'>): string | null {
  if (isSticky(stats)) return 'a directory that users share';
  if (real === path.parse(real).root) return 'the root of the file system';
  if (OF_THE_SYSTEM.test(real) || OF_MANY.test(real)) return 'a directory of the system';
  const home = HOME.exec(real)?.[0];
  // In a container, HOME may be another one than that of the directory's owner.
  return home !== undefined && home !== os.homedir() && !isOwn(stats) ? "in another user's home" : null;
}

/** Whether a command that changes it, and all below it, may be proposed: of a home, a disk or a volume it is somebody's own decision. */
export function mayBeChanged(real: string, stats: Pick<Stats, 'mode' | 'uid' | 'dev'>): boolean {
  const parent = path.dirname(real);
  const isHome = real === os.homedir() || real === HOME.exec(real)?.[0];
  if (isHome || sharedPlace(real, stats) !== null || parent === path.parse(real).root) return false;
  return statSync(parent).dev === stats.dev;
}
