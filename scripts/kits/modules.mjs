// Projects with the packed package and others in node_modules, without an install for each run.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'offramp/kits');

/**
 * The package in a node_modules with nothing but what it depends on, which a clone has installed: as an install would lay it out, without one.
 * `npm run check-package` makes that install.
 */
export function installedAlone({ root, tarball, folder }) {
  const { name, dependencies, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const modules = path.join(folder, 'node_modules');
  const home = path.join(modules, name);
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']);
  for (const other of Object.keys(dependencies))
    link(path.join(root, 'node_modules', other), path.join(modules, other));
  const program = path.join(home, bin.offramp);
  chmodSync(program, 0o755);
  return { name, home, bin: program, tarball };
}

/** What tools leave in a folder. */
const MADE = new Set(['node_modules', '__pycache__', 'dist', 'build']);

/** A copy of folders and files, one over the other, with these modules: name to where it is. */
export function projectOf(folder, copies, modules) {
  mkdirSync(folder, { recursive: true });
  for (const copy of copies) {
    const to = statSync(copy).isDirectory() ? folder : path.join(folder, path.basename(copy));
    cpSync(copy, to, { recursive: true, filter: (file) => !MADE.has(path.basename(file)) });
  }
  for (const [name, at] of Object.entries(modules)) link(at, path.join(folder, 'node_modules', name));
  return folder;
}

function link(at, name) {
  mkdirSync(path.dirname(name), { recursive: true });
  symlinkSync(at, name);
}

/** A folder that `make` has filled once for all that `key` says; answers where it is. What failed half-way is not taken for whole. */
export function cached(name, key, make) {
  const digest = createHash('sha256')
    .update(JSON.stringify([process.version, key]))
    .digest('hex')
    .slice(0, 16);
  const folder = path.join(CACHE, `${name}-${digest}`);
  const stamp = path.join(folder, '.made');
  if (existsSync(stamp)) return folder;
  // Not renamed when it is done: a virtual environment of Python stays where it was made.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make(folder);
  writeFileSync(`${stamp}.new`, '');
  renameSync(`${stamp}.new`, stamp);
  return folder;
}

/** Packages of npm, installed once: name to where it is. */
export function npmPackages(run, packages) {
  const specs = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const folder = cached('npm', specs, (cwd) => {
    writeFileSync(path.join(cwd, 'package.json'), '{ "private": true }\n');
    const quick = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    run(['npm', 'install', ...quick, ...specs], { cwd });
  });
  return Object.fromEntries(
    Object.keys(packages).map((name) => [name, path.join(folder, 'node_modules', name)]),
  );
}
