// Sends requests made from our own OpenAPI document, good ones and bad ones, to an Offramp that it starts itself, and
// fails on a 5xx, on a status that the document does not name, and on an answer that is not of the documented shape.
//
//   npm run fuzz:api               the same requests each time
//   npm run fuzz:api -- --seed 7   others
//
// Loopback only. Schemathesis (Python) is installed once, below node_modules/.cache.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';

const VERSION = '4.32.5';
const MINIMUM_REQUESTS = 20_000;
const LIMIT_MS = 25 * 60_000;
const ROOT = path.resolve(import.meta.dirname, '..');

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    // Requests for each operation in the random phase, on top of those that try every bound of every field.
    examples: { type: 'string', default: '250' },
  },
});

function schemathesis() {
  const home = path.join(ROOT, 'node_modules/.cache/schemathesis', VERSION);
  const program = path.join(home, 'bin/schemathesis');
  if (existsSync(program)) return program;
  mkdirSync(path.dirname(home), { recursive: true });
  run('python3', ['-m', 'venv', home]);
  run(path.join(home, 'bin/pip'), ['install', '--quiet', `schemathesis==${VERSION}`]);
  return program;
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

async function startOfframp() {
  const ports = ['--port', '0', '--edge-port', '0', '--http-port', '0'];
  const child = spawn(
    process.execPath,
    [path.join(ROOT, 'dist/main.js'), 'start', '--json', '--memory', ...ports],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  return { child, ...JSON.parse(line) };
}

/** What the document cannot say: which account and zone exist, and that rules between objects refuse valid shapes. */
function configuration({ account_id, zone_id }) {
  return `
[parameters]
"path.account_id" = "${account_id}"
"path.zone_id" = "${zone_id}"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 409, 412]

[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 412, 413, 415]
`;
}

const program = schemathesis();
const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-fuzz-'));
const report = path.join(work, 'report.json');
const server = await startOfframp();
let exitCode = 1;
try {
  writeFileSync(path.join(work, 'schemathesis.toml'), configuration(server));
  const { status } = spawnSync(
    program,
    [
      ...['--config-file', path.join(work, 'schemathesis.toml')],
      ...['run', `${new URL(server.api_url).origin}/_offramp/openapi.json`, '--url', server.api_url],
      ...['--header', 'Authorization: Bearer fuzz', '--seed', options.seed],
      // Missing credentials are 400 and code 9106, as Cloudflare has it; test/wire/auth.test.ts looks at them.
      ...['--checks', 'all', '--exclude-checks', 'ignored_auth'],
      ...['--max-examples', options.examples, '--continue-on-failure', '--no-shrink', '--no-color'],
      ...['--suppress-health-check', 'all', '--generation-database', 'none', '--request-timeout', '20'],
      ...['--warnings', 'off', '--report', 'json', '--report-json-path', report],
    ],
    { stdio: 'inherit', cwd: work, timeout: LIMIT_MS },
  );
  const requests = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).test_cases.generated : 0;
  const alive = server.child.exitCode === null && server.child.signalCode === null;
  console.log(`${requests} requests; the server ${alive ? 'still runs' : 'HAS ENDED'}`);
  if (requests < MINIMUM_REQUESTS) console.error(`fewer than ${MINIMUM_REQUESTS} requests`);
  if (status === 0 && alive && requests >= MINIMUM_REQUESTS) exitCode = 0;
} finally {
  if (server.child.exitCode === null && server.child.signalCode === null) {
    server.child.kill('SIGTERM');
    await once(server.child, 'exit');
  }
  rmSync(work, { recursive: true });
}
process.exit(exitCode);
