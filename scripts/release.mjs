// Makes a release, but for publishing it: looks whether everything is as it must be, runs the gate, tags, packs, writes SHA-256 sums, and tells what a
// person does next.
//
//   npm run release -- 0.2.0              with --dry-run it looks and tells, and changes nothing
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from './packed.mjs';
import { problemsOf } from './release-checks.mjs';
import { readArguments } from './support/arguments.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = path.join(ROOT, 'release');
const { values, words } = readArguments(import.meta.filename, {
  options: { 'dry-run': { type: 'boolean', default: false, tells: 'look and tell, and change nothing' } },
  words: { name: 'VERSION', tells: 'the version to release, such as 0.2.0', most: 1 },
});
const dryRun = values['dry-run'];
const read = (file) => readFileSync(path.join(ROOT, file), 'utf8');
const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
const { name, version, private: isPrivate = false } = JSON.parse(read('package.json'));
const [wanted] = words;
const tag = `v${wanted}`;

const problems = problemsOf({
  wanted,
  version,
  locked: JSON.parse(read('package-lock.json')).version,
  changelog: read('CHANGELOG.md'),
  branch: git('rev-parse', '--abbrev-ref', 'HEAD'),
  changed: git('status', '--porcelain'),
  tags: git('tag', '--list').split('\n'),
});
for (const problem of problems) console.error(`release: ${problem}`);
if (problems.length > 0) process.exit(1);

const steps = [
  ['the gate, on a clean install', () => run('.ci/run')],
  [`tag ${tag}`, () => run('git', 'tag', '--annotate', tag, '--message', `Offramp ${wanted}`)],
  ['the package and its sum, in release/', packAndSum],
];
for (const [what, act] of steps) {
  console.log(`${dryRun ? 'would make' : 'makes'}: ${what}`);
  if (!dryRun) act();
}
console.log(`
What is left is for a person, and for a job of CI on ${tag}, since a registry takes provenance from CI alone (permissions: id-token: write):
  git push origin main ${tag}
  npm publish release/*.tgz --provenance --access public     # ${name}@${wanted}
  attach release/* to the release of ${tag}
  docker buildx build --provenance=true --sbom=true --tag REGISTRY/offramp:${wanted} --push .     # with the digests that the Dockerfile's first lines tell${
    isPrivate
      ? '\n"private" in package.json keeps npm from publishing it: whoever decides that takes it out first, in a commit, and begins again.'
      : ''
  }
`);

function packAndSum() {
  const tarball = pack(ROOT, FOLDER);
  const sum = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  writeFileSync(path.join(FOLDER, 'SHA256SUMS'), `${sum}  ${path.basename(tarball)}\n`);
}

function run(file, ...args) {
  execFileSync(file, args, { cwd: ROOT, stdio: 'inherit' });
}
