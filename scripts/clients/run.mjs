// Generates clients from our own OpenAPI document, compiles them, and speaks through each of them to an Offramp that it starts
// itself. Prints a table; ends with 1 when a client that can be made here does not pass.
//
//   npm run clients                 all of them
//   npm run clients -- ogen java    these
//
// Loopback only, apart from the package registries. What needs a program that is not here is skipped, and told.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { readArguments } from '../support/arguments.mjs';
import { CHECKS, CLIENTS, LINTERS } from './clients.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TOKEN = 'a-token-for-generated-clients-only';
/** For one step; the first build of a Go module cache takes minutes. */
const LIMIT_MS = 10 * 60_000;

const nameOf = (entry) => entry.folder ?? entry.name;
const { words: wanted } = readArguments(import.meta.filename, {
  words: { name: 'CLIENT', tells: 'try these, in place of all', oneOf: [...CLIENTS, ...LINTERS].map(nameOf) },
});
const chosen = (entry) => wanted.length === 0 || wanted.includes(nameOf(entry));
const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-clients-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

const server = await startOfframp();
const rows = [];
try {
  for (const client of CLIENTS.filter(chosen)) rows.push(tryClient(client));
  for (const linter of LINTERS.filter(chosen)) rows.push(tryLinter(linter));
} finally {
  server.child.kill('SIGTERM');
  await once(server.child, 'exit');
}
print(rows);
if (rows.some(({ failed }) => failed)) process.exitCode = 1;

function tryClient(client) {
  const row = { name: client.name, version: client.version };
  const lacking = missing(client.needs);
  if (lacking) return { ...row, result: `skipped: no ${lacking} on the PATH` };
  const folder = prepare(client);
  for (const stage of ['install', 'generate', 'compile'])
    for (const step of client[stage]) {
      const { status, output } = run(step, folder);
      if (status !== 0) return { ...row, failed: true, result: `${stage} failed`, output };
    }
  const { status, output } = run(client.run, folder, {
    OFFRAMP_URL: server.api_url,
    ACCOUNT_ID: server.account_id,
    TOKEN,
    NAME: `client-${client.folder}`,
  });
  const lacks = CHECKS.filter((check) => !output.split('\n').includes(`passed ${check}`));
  if (status === 0 && lacks.length === 0) return { ...row, result: `compiles, ${CHECKS.length} checks pass` };
  return { ...row, failed: true, result: `compiles, fails at: ${lacks.join(', ')}`, output };
}

function tryLinter(linter) {
  const row = { name: linter.name, version: linter.version };
  const lacking = missing(linter.needs);
  if (lacking) return { ...row, result: `skipped: no ${lacking} on the PATH` };
  const folder = prepare(linter);
  for (const step of [...linter.install, linter.run]) {
    const { status, output } = run(step, folder);
    const warned = step === linter.run && /\bwarning\b.*operation|operation.*\bwarning\b/.test(output);
    if (status !== 0 || warned) return { ...row, failed: true, result: 'finds something', output };
  }
  return { ...row, result: 'finds no error' };
}

function missing(programs) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return programs.find((name) => !folders.some((folder) => existsSync(path.join(folder, name))));
}

/** A folder with the document and what the client brings. */
function prepare({ folder, name, copies = [], files = {} }) {
  const own = path.join(work, folder ?? name);
  mkdirSync(own);
  copyFileSync(path.join(ROOT, 'openapi/openapi.json'), path.join(own, 'openapi.json'));
  for (const file of copies) copyFileSync(path.join(import.meta.dirname, folder, file), path.join(own, file));
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(own, file), text);
  return own;
}

function run([program, ...args], cwd, env = {}) {
  console.error(`${path.basename(cwd)}: ${[program, ...args].join(' ')}`);
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 1 << 27,
  });
  return { status, output: `${stdout ?? ''}${stderr ?? ''}${error ? error.message : ''}` };
}

async function startOfframp() {
  const ports = ['', 'edge-', 'http-', 'https-', 'dns-', 'private-'].flatMap((name) => [
    `--${name}port`,
    '0',
  ]);
  const child = spawn(
    process.execPath,
    [path.join(ROOT, 'dist/main.js'), 'start', '--json', '--memory', '--api-token', TOKEN, ...ports],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = await Promise.race([
    once(readline.createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`offramp ended with code ${code} before it was ready; npm run build makes dist`);
    }),
  ]);
  return { child, ...JSON.parse(line) };
}

function print(all) {
  const width = (key) => Math.max(...all.map((row) => row[key].length));
  for (const { name, version, result, output } of all) {
    console.log(`${name.padEnd(width('name'))}  ${version.padEnd(width('version'))}  ${result}`);
    if (output) console.log(`${output.trimEnd().split('\n').slice(-30).join('\n')}\n`);
  }
}
