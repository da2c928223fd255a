// What an install takes on disk, what a start of it costs, and what it holds in memory: the package of today beside that of another commit, each
// packed and installed in an empty project.
//
//   npm run footprint [-- --against REF] [--rounds 3] [--idle 8] [--only today]
//
// The first run builds the other commit, in .bench/; it and the installs ask the package registry.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf, countPackages, installPacked, pack, sizesOf } from '../../scripts/packed.mjs';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMsOfEnded, residentMiBOfTree } from '../support/cpu.mjs';
import { median, spread, table } from '../support/numbers.mjs';
import { startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { buildOf, CACHE, today } from '../support/old-build.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MB = 1e6;
const { values: options } = readArguments(import.meta.filename, {
  options: {
    against: { type: 'string', default: '6437172', tells: 'commit, tag or branch to compare with' },
    rounds: { type: 'string', default: '3', from: 1, tells: 'how often everything is measured' },
    idle: { type: 'string', default: '8', from: 0, tells: 'seconds of rest before memory is looked at' },
    only: { type: 'string', oneOf: ['today'], tells: 'compare with nothing' },
  },
});

const old = options.only === 'today' ? null : buildOf(options.against, say);
if (old?.missing) say(`left out: ${old.missing}`);
const contenders = {
  ...(old && !old.missing ? { [old.commit]: path.resolve(old.main, '../..') } : {}),
  today: ROOT,
};
// Downloads are no part of what is measured: the second install finds them here.
const npmCache = path.join(CACHE, 'npm-cache');

const installed = {};
for (const [name, root] of Object.entries(contenders)) {
  const tarball = tarballOf(root);
  say(`${name}: ${path.basename(tarball)} is installed twice`);
  install(tarball);
  installed[name] = { tarball, ...install(tarball) };
}
const measured = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds); round++)
  for (const name of Object.keys(contenders)) {
    say(`round ${round + 1}: ${name}`);
    measured[name].push(await measure(installed[name]));
  }
print();
process.exit();

/** That of another commit stays where it was built. */
function tarballOf(root) {
  if (root === ROOT) return pack(root, temporaryDirectory());
  const there = path.join(root, '.packed');
  const made = existsSync(there) ? readdirSync(there)[0] : undefined;
  return made ? path.join(there, made) : pack(root, there);
}

function install(tarball) {
  const project = temporaryDirectory();
  const [began, cpuBefore] = [performance.now(), cpuMsOfEnded(process.pid)];
  const folder = installPacked(tarball, project, npmCache);
  const [seconds, cpu] = [(performance.now() - began) / 1000, cpuMsOfEnded(process.pid) - cpuBefore];
  return { folder, modules: path.join(project, 'node_modules'), seconds, cpuMs: cpu };
}

async function measure({ folder, tarball }) {
  const main = path.join(folder, 'dist/main.js');
  const figures = {};
  const inMemory = await startOfframp({ dataDir: null, main });
  await delay(Number(options.idle) * 1000);
  Object.assign(figures, timesOf('memory', inMemory), { memoryMiB: residentMiBOfTree(inMemory.pid) });
  await inMemory.stop();
  const dataDir = temporaryDirectory();
  for (const name of ['first', 'again']) {
    const offramp = await startOfframp({ dataDir, main });
    Object.assign(figures, timesOf(name, offramp));
    if (name === 'again') {
      await delay(Number(options.idle) * 1000);
      figures.againMiB = residentMiBOfTree(offramp.pid);
    }
    await offramp.stop();
  }
  rmSync(path.join(npmCache, '_npx'), { recursive: true, force: true });
  const command = ['npx', '--yes', '--prefer-offline', `--package=${tarball}`, 'offramp'];
  const env = { npm_config_cache: npmCache, npm_config_ignore_scripts: 'true', npm_config_audit: 'false' };
  Object.assign(figures, timesOf('npx', await runAndStop({ dataDir: null, command, env })));
  return figures;
}

async function runAndStop(how) {
  const offramp = await startOfframp(how);
  await offramp.stop();
  return offramp;
}

function timesOf(name, { readyMs, readyCpuMs }) {
  return { [`${name}Ms`]: readyMs, [`${name}CpuMs`]: readyCpuMs };
}

function print() {
  const names = Object.keys(contenders);
  const row = (title, read) => [title, ...names.map(read), ''];
  const compared = (title, figure, digits = 0) => {
    const of = (name) => measured[name].map((round) => round[figure]);
    const ratio = names.length > 1 ? (median(of('today')) / median(of(names[0]))).toFixed(2) : '';
    return [title, ...names.map((name) => spread(of(name), digits)), ratio];
  };
  const size = (name) => bytesOf(installed[name].modules) / MB;
  const ratioOf = (read) => (names.length > 1 ? (read('today') / read(names[0])).toFixed(2) : '');
  console.log(
    `today: ${today() ?? 'this folder'}; Node ${process.version}, ${os.availableParallelism()} cores; ${options.rounds} rounds, medians [smallest-largest]\n`,
  );
  console.log(
    table([
      ['', ...names, 'ratio'],
      row('tarball, MB', (name) => (bytesOf(installed[name].tarball) / MB).toFixed(1)),
      [...row('installed, MB', (name) => size(name).toFixed(1)).slice(0, -1), ratioOf(size)],
      row('packages', (name) => String(countPackages(installed[name].modules))),
      row('install from npm’s cache, s', (name) => installed[name].seconds.toFixed(1)),
      row('  its CPU time, ms', (name) => installed[name].cpuMs.toFixed(0)),
      compared('start --memory, ms until ready', 'memoryMs'),
      compared('  its CPU time, ms', 'memoryCpuMs'),
      compared('first start of a data directory, ms', 'firstMs'),
      compared('  its CPU time, ms', 'firstCpuMs'),
      compared('second start there, ms', 'againMs'),
      compared('  its CPU time, ms', 'againCpuMs'),
      compared('npx of the tarball until ready, ms', 'npxMs'),
      compared('  its CPU time, ms', 'npxCpuMs'),
      compared(`idle after ${options.idle} s --memory, MiB`, 'memoryMiB'),
      compared(`idle after ${options.idle} s with a directory, MiB`, 'againMiB'),
    ]),
  );
  for (const name of names) {
    console.log(`\nThe largest packages of ${name}, MB:`);
    const largest = sizesOf(installed[name].modules).slice(0, 5);
    console.log(table(largest.map((one) => [one.name, (one.bytes / MB).toFixed(1)])));
  }
}

function say(line) {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`);
}
