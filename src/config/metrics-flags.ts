import path from 'node:path';
import type { START_FLAGS } from './flags.js';
import type { Values } from './parse.js';
import { wrong } from './values.js';

/** What `--access-log` names: a file (absolute), or standard output with null as its file; null writes nothing. */
export type AccessLogTarget = { readonly file: string | null } | null;

export function accessLogTarget(
  { 'access-log': value, 'data-dir': dataDir, memory }: Values<typeof START_FLAGS>,
  resolved: (file: string) => string,
): AccessLogTarget {
  if (value === null) return null;
  if (value === 'stdout') return { file: null };
  const right = 'stdout or the path of a file';
  if (value.trim() === '' || value === '-' || value.endsWith('/')) throw wrong('access-log', value, right);
  const file = resolved(value);
  if (!memory && file.startsWith(`${resolved(dataDir)}${path.sep}`))
    throw wrong('access-log', value, 'a file outside of --data-dir, where the database alone writes');
  return { file };
}
