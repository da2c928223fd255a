import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

const { engines, dependencies } = read('package.json') as {
  engines: { node: string };
  dependencies: Record<string, string>;
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

/** Where the types of a package are that brings none itself. */
const typesOf = (name: string) => {
  const manifest = read(`node_modules/${name}/package.json`);
  const own =
    manifest.types ??
    manifest.typings ??
    (/"types"|\.d\.[mc]?ts/.test(JSON.stringify(manifest.exports ?? {})) || undefined) ??
    (existsSync(path.join(ROOT, 'node_modules', name, 'index.d.ts')) || undefined);
  return own === undefined ? [`@types/${name.replace('@', '').replace('/', '__')}`] : [];
};

test('what the build takes is installed without development packages as well', () => {
  const imported = [...importedPackages()];
  expect(imported).toContain('dns-packet');
  const needed = ['typescript', 'prisma', '@types/node', ...imported, ...imported.flatMap(typesOf)];
  expect(needed).toContain('@types/dns-packet');
  expect(needed.filter((name) => !(name in dependencies))).toEqual([]);
});
