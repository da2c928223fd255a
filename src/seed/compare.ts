import { isDeepStrictEqual } from 'node:util';
import { type Path, pathText } from './file.js';

/**
 * Where the state `there` first differs from the one that a seed makes, `made`, both as seeds; null when nowhere. Identifiers count when they
 * are among `given`: the others were made up.
 */
export function firstDifference(there: unknown, made: unknown, given: ReadonlySet<string>): string | null {
  const path = differenceAt(there, made, given, []);
  return path && (pathText(path) || 'accounts');
}

function differenceAt(a: unknown, b: unknown, given: ReadonlySet<string>, path: Path): Path | null {
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b))
    return isDeepStrictEqual(a, b) ? null : path;
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (name === 'id' && !given.has(String(b[name]))) continue;
    const inside = [...path, Array.isArray(a) ? Number(name) : name];
    const found = differenceAt(a[name], b[name], given, inside);
    if (found) return found;
  }
  return null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Every identifier that a seed gives. */
export function givenIds(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (!isObject(value)) return found;
  if (typeof value.id === 'string') found.add(value.id);
  for (const member of Object.values(value)) givenIds(member, found);
  return found;
}
