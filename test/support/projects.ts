import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Which project of Vitest a test file belongs to. What the file imports decides, itself or through others:
 * - `api`: test/support/shared-offramp.ts, the program that the files of a worker share;
 * - `system`: test/support/program.ts, which starts the program, or what is compiled, and nothing of the former;
 * - `unit`: neither of them.
 */
export type Project = 'unit' | 'api' | 'system';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SHARED = 'test/support/shared-offramp.ts';
const PROGRAM = 'test/support/program.ts';

const imports = new Map<string, readonly string[]>();

/** The files of the repository that this one imports as more than types. */
function importsOf(file: string): readonly string[] {
  const known = imports.get(file);
  if (known) return known;
  if (file.startsWith('dist/')) return [];
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const statements = text.matchAll(/\b(?:import|export)(\s+type\b)?[^;'"`]*?\(?\s*'(\.[^']+)'/g);
  const found = [...statements]
    .filter(([, type]) => type === undefined)
    .map(([, , to]) => path.join(path.dirname(file), to!.replace(/\.js$/, '.ts')))
    // A program that a test has as a string looks like imports, too.
    .filter((to) => to.startsWith('dist/') || (to.startsWith('test/') && existsSync(path.join(ROOT, to))));
  imports.set(file, found);
  return found;
}

function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const next of importsOf(file)) reached(next, seen);
  return seen;
}

export function projectOf(file: string): Project {
  const files = [...reached(file)];
  if (files.includes(SHARED)) return 'api';
  return files.some((one) => one === PROGRAM || one.startsWith('dist/')) ? 'system' : 'unit';
}

/** All test files, by project. */
export function testFiles(): Record<Project, string[]> {
  const files: Record<Project, string[]> = { unit: [], api: [], system: [] };
  for (const name of readdirSync(path.join(ROOT, 'test'), { recursive: true }) as string[])
    if (name.endsWith('.test.ts')) {
      const file = `test/${name}`;
      files[projectOf(file)].push(file);
    }
  return files;
}
