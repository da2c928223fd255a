// Packs what is built, and runs the example of every kit for authors of tests against it. Prints a line for each, `ok` or `skipped: why`; ends with 1
// when one of them fails.
//
//   npm run kits                     all of them
//   npm run kits -- pytest jest      these
//   npm run kits -- --gate           those that cost seconds of a processor, not minutes, where nothing is compiled yet
//
// What they need from package registries is kept in $XDG_CACHE_HOME/offramp/kits.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KITS } from './kits/kits.mjs';
import { installedAlone } from './kits/modules.mjs';
import { pack } from './packed.mjs';
import { readArguments } from './support/arguments.mjs';

const root = path.resolve(import.meta.dirname, '..');
/** For one step; the first compilation of a Go SDK takes minutes. */
const LIMIT_MS = 10 * 60_000;
/** What clients of registries say when there is none. */
const NO_REGISTRY =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|no such host|connection refused|i\/o timeout|NewConnectionError|Network is unreachable|Temporary failure in name resolution|from versions: none/;

class StepFailed extends Error {
  constructor([program, ...rest], { status, stdout, stderr, error }) {
    super(`${program} failed`);
    this.output = `$ ${[program, ...rest].join(' ')} (${error?.message ?? `code ${status}`})\n${stdout ?? ''}${stderr ?? ''}`;
    /** Whether it is one that brings packages. */
    this.fetches = rest.some((word) => /\b(install|download)\b/.test(word));
  }
}

const { values, words: names } = readArguments(import.meta.filename, {
  options: { gate: { type: 'boolean', tells: 'only those that cost seconds of a processor' } },
  words: { name: 'KIT', tells: 'run these, in place of all', oneOf: KITS.map(({ name }) => name) },
});

const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-kits-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

const installed = installedAlone({ root, tarball: pack(root, work), folder: path.join(work, 'installed') });
let failed = 0;
for (const kit of KITS) {
  if (names.length > 0 && !names.includes(kit.name)) continue;
  const began = performance.now();
  const { result, output } = tryKit(kit);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${kit.name.padEnd(24)} ${result}${result === 'ok' ? ` (${seconds} s)` : ''}`);
  if (output === undefined) continue;
  console.log(output);
  failed += 1;
}
if (failed > 0) process.exitCode = 1;

function tryKit(kit) {
  if (kit.slow && values.gate)
    return { result: `skipped: ${kit.slow}; "npm run kits -- ${kit.name}" runs it` };
  const lacking = (kit.needs ?? []).find((program) => !isOnPath(program));
  if (lacking) return { result: `skipped: no ${lacking} on the PATH` };
  const lacks = kit.lacks?.();
  if (lacks) return { result: `skipped: ${lacks}` };
  const run = (command, { cwd, env = {} }) => runStep(command, cwd, { OFFRAMP_BIN: installed.bin, ...env });
  try {
    kit.run({ root, work: path.join(work, kit.name), installed, run });
    return { result: 'ok' };
  } catch (error) {
    if (error instanceof StepFailed && NO_REGISTRY.test(error.output) && error.fetches)
      return { result: 'skipped: no registry' };
    return { result: 'failed', output: error instanceof StepFailed ? error.output : error.stack };
  }
}

/** Throws StepFailed; answers what it has said. */
function runStep([program, ...rest], cwd, env) {
  const own = /^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_|^TESTING_OFFRAMP$/;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name));
  const ended = spawnSync(program, rest, {
    cwd,
    env: { ...Object.fromEntries(kept), ...env },
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 1 << 27,
  });
  if (ended.status !== 0) throw new StepFailed([program, ...rest], ended);
  return ended.stdout;
}

function isOnPath(program) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, program)));
}
