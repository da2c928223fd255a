import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import semver from 'semver';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

interface LockEntry {
  readonly version: string;
  readonly engines?: { readonly node?: string };
}

const { engines, dependencies, devDependencies } = read('package.json') as {
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const packages = Object.entries(read('package-lock.json').packages as Record<string, LockEntry>);

test('every package of the lock runs on every Node that is promised', () => {
  expect(semver.satisfies('20.19.0', engines.node)).toBe(true);
  expect(packages.length).toBeGreaterThan(200);
  const demanding = packages.filter(([, entry]) => !semver.subset(engines.node, entry.engines?.node ?? '*'));
  expect(demanding.map(([name, entry]) => `${name} ${entry.version} wants ${entry.engines?.node}`)).toEqual(
    [],
  );
});

/** The packages that the sources import, without paths inside of them. */
function importedPackages(): Set<string> {
  const names = new Set<string>();
  for (const entry of readdirSync(path.join(ROOT, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ts') || entry.parentPath.includes('generated')) continue;
    const text = readFileSync(path.join(entry.parentPath, entry.name), 'utf8');
    for (const [, name] of text.matchAll(
      /(?:from |import |import\()'((?:@[\w.-]+\/)?[\w.-]+)(?:\/[\w./-]+)?'/g,
    ))
      if (!name!.startsWith('.') && !isBuiltin(name!)) names.add(name!);
  }
  return names;
}

test('what the sources import is bundled, or installed with the package', () => {
  const imported = importedPackages();
  expect(imported).toContain('dns-packet');
  const known = { ...dependencies, ...devDependencies };
  expect([...imported].filter((name) => !(name in known))).toEqual([]);
  // Looked for by `net/re2.ts` when something needs it.
  const left = new Set([...imported, 're2js']);
  expect(Object.keys(dependencies).filter((name) => !left.has(name))).toEqual([]);
});
