// Makes dist/: Prisma's client, what tsc compiles, the bundle, the template of the embedded database. With --if-changed it does nothing when
// dist/ was made from the same sources by the same packages; nor does it without development packages, which it cannot do without.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './support/arguments.mjs';

const { values } = readArguments(import.meta.filename, {
  options: { 'if-changed': { type: 'boolean', tells: 'only when dist/ was made from other sources' } },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = path.join(root, 'dist/sources.sha256');
const SOURCES = [
  'src',
  'prisma',
  'scripts',
  'package.json',
  'package-lock.json',
  'prisma.config.ts',
  'tsconfig.json',
  'tsconfig.build.json',
];
/** Made by the build itself. */
const GENERATED = path.join('src', 'storage', 'generated');

/** Every file below, relative to the root, in an order of its own. */
function filesOf(name) {
  if (!statSync(path.join(root, name)).isDirectory()) return [name];
  if (name === GENERATED) return [];
  return readdirSync(path.join(root, name))
    .sort()
    .flatMap((entry) => filesOf(path.join(name, entry)));
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesOf))
    hash.update(`${file}\0`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

const run = (file, ...args) =>
  execFileSync(process.execPath, [path.join(root, file), ...args], { cwd: root, stdio: 'inherit' });

/** What makes dist/, and is installed with the development packages alone. */
const missing = ['prisma', 'typescript', 'rolldown'].filter(
  (name) => !existsSync(path.join(root, 'node_modules', name)),
);

const digest = digestOfSources();
const isMade =
  existsSync(stamp) && existsSync(path.join(root, GENERATED)) && readFileSync(stamp, 'utf8') === digest;
if (missing.length > 0 && !isMade) {
  console.error(
    `offramp: a clone is built with development packages, and ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not installed; run "npm ci" without --omit=dev, or install what "npm pack" makes of a clone that is built`,
  );
  process.exit(1);
}
if (missing.length === 0 && (!values['if-changed'] || !isMade)) {
  // Whatever fails from here on leaves a dist/ that nobody takes for whole.
  rmSync(stamp, { force: true });
  run('scripts/prisma.mjs', 'generate');
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  run('scripts/bundle.mjs');
  run('scripts/database-template.mjs');
  writeFileSync(stamp, digest);
}
