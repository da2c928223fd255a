import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const NAMED = Object.values<string>(scripts).flatMap(
  (line) => line.match(/(scripts|bench)\/\S+\.mjs/g) ?? [],
);
const SCRIPTS = [...new Set(NAMED)];
/** What some of them write when they work. */
const WRITTEN = [
  'docs/permissions.md',
  'docs/compatibility.md',
  'openapi/openapi.json',
  'openapi/seed.schema.json',
  'dist/sources.sha256',
  'release',
].map((name) => path.join(ROOT, name));

/** Theirs alone: whoever begins to work makes a folder in it. */
const temporary = mkdtempSync(path.join(os.tmpdir(), 'offramp-scripts-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const times = () => WRITTEN.map((file) => (existsSync(file) ? statSync(file).mtimeMs : null));

async function run(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    // One that works all the same is not to work for minutes.
    timeout: 60_000,
  });
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code, stdout, stderr };
}

const before = times();

test('package.json names scripts', () => {
  expect(SCRIPTS).toEqual(
    expect.arrayContaining(['scripts/build.mjs', 'scripts/kits.mjs', 'bench/run.mjs', 'bench/api/run.mjs']),
  );
});

test.concurrent.for(SCRIPTS)(
  '%s tells what it does and takes, and refuses the rest',
  async (script, { expect }) => {
    expect(await run(script, '--help')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^(?!\s*-).{30,}\n.*\n {2}--help[^\n]* this text\n/s),
      stderr: '',
    });
    expect(await run(script, '--no-such-flag')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^\S+\.mjs takes no "--no-such-flag"; it takes .*--help.*\n$/),
    });
  },
);

test.concurrent.for([
  [['scripts/permissions.mjs', '--chekc'], 'takes no "--chekc"; it takes --check, --help'],
  [['scripts/openapi.mjs', 'all'], 'takes no "all"; it takes --help'],
  [['scripts/kits.mjs', 'pytset'], 'takes no "pytset"; it takes vitest, jest, '],
  [['scripts/clients/run.mjs', 'ogne'], 'takes no "ogne"; it takes openapi-fetch, '],
  [['scripts/release.mjs', '0.2.0', 'now'], 'takes no "now"; it takes VERSION, --dry-run, --help'],
  [['scripts/old-data-directory.mjs'], 'takes a COMMIT, and was given none: '],
  [
    ['scripts/fuzz-edge.mjs', '--frames'],
    'takes --frames with a number from 1, as in --frames=1000000, and was',
  ],
  [
    ['bench/soak/run.mjs', '--minutes', '90'],
    'takes --minutes with a number from 0.1 to 60, and was given "90"',
  ],
  [
    ['bench/health/run.mjs', '--only', 'probe'],
    'takes --only with one of probes, traffic, configuration, and',
  ],
] as const)('%j is told what would be right', async ([[script = '', ...args], sentence], { expect }) => {
  const { code, stdout, stderr } = await run(script, ...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^.*\n$/);
  expect(stderr.slice(0, script.length + 1 + sentence.length)).toBe(`${script} ${sentence}`);
});

test('-h is --help, also beside what is wrong', async () => {
  const { code, stdout } = await run('scripts/kits.mjs', 'nonsense', '-h');
  expect([code, stdout]).toEqual([0, (await run('scripts/kits.mjs', '--help')).stdout]);
});

test('none of them has done anything', () => {
  expect(times()).toEqual(before);
  expect(readdirSync(temporary)).toEqual([]);
});
