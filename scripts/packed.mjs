// The package as whoever installs it gets it: packed, and installed in an empty project.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Packs what is built in `root` into `folder`; answers the tarball. */
export function pack(root, folder) {
  mkdirSync(folder, { recursive: true });
  const [made] = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root).toString(),
  );
  return path.join(folder, made.filename);
}

/**
 * Installs a tarball in a project of its own; answers where the package is then. `cache` is that of npm, unless the person's own will do. No
 * package may run anything: none of ours needs it.
 */
export function installPacked(tarball, project, cache = null) {
  mkdirSync(project, { recursive: true });
  writeFileSync(path.join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quick = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  npm(['install', ...quick, ...(cache ? ['--cache', cache] : []), tarball], project);
  const { dependencies } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'));
  return path.join(project, 'node_modules', Object.keys(dependencies)[0]);
}

/** How many packages are in a node_modules, with those inside of others. */
export function countPackages(modules) {
  return namesIn(modules)
    .map((name) => path.join(modules, name))
    .reduce((sum, folder) => sum + 1 + countPackages(path.join(folder, 'node_modules')), 0);
}

/** What is in each package of a node_modules, with what is installed inside of it: bytes of its files, most first. */
export function sizesOf(modules) {
  return namesIn(modules)
    .map((name) => ({ name, bytes: bytesOf(path.join(modules, name)) }))
    .sort((one, other) => other.bytes - one.bytes);
}

export function bytesOf(place) {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.size ?? 0;
  return readdirSync(place).reduce((sum, name) => sum + bytesOf(path.join(place, name)), 0);
}

function namesIn(modules) {
  if (!statSync(modules, { throwIfNoEntry: false })) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(path.join(modules, name)).map((inner) => `${name}/${inner}`)
        : [name],
    );
}

/** What it says besides goes to where progress goes. */
function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, stdio: ['ignore', 'pipe', 2] });
}
