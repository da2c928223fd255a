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
import { readArguments } from './support/arguments.mjs';

const VERSION = '4.32.5';
const MINIMUM_REQUESTS = 20_000;
/** For each of the two passes. */
const LIMIT_MS = 15 * 60_000;
const ROOT = path.resolve(import.meta.dirname, '..');

const { values: options } = readArguments(import.meta.filename, {
  options: {
    seed: { type: 'string', default: '1', from: 0, tells: 'another one makes other requests' },
    examples: {
      type: 'string',
      default: '40',
      from: 1,
      tells: 'random requests for each operation, on top of those that try every bound of every field',
    },
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
  const ports = ['', 'edge-', 'http-', 'https-', 'dns-', 'private-'].flatMap((name) => [
    `--${name}port`,
    '0',
  ]);
  const child = spawn(
    process.execPath,
    // A day before every change of the API: the document that requests are made from has what was removed, too.
    [path.join(ROOT, 'dist/main.js'), 'start', '--json', '--memory', '--api-date', '2000-01-01', ...ports],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await Promise.race([
    once(readline.createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`offramp ended with code ${code} before it was ready; npm run build makes dist`);
    }),
  ]);
  return { child, ...JSON.parse(line) };
}

/** One object of each kind, under the names that paths have for it: made-up identifiers would only ever be 404. */
async function createObjects({ api_url, account_id, zone_id }) {
  const create = async (path, body) => {
    const response = await fetch(`${api_url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer fuzz', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.status !== 200) throw new Error(`POST ${path}: ${JSON.stringify(answer.errors)}`);
    return answer.result.id;
  };
  const account = `/accounts/${account_id}`;
  const tunnel_id = await create(`${account}/cfd_tunnel`, { name: 'fuzz' });
  const monitor_id = await create(`${account}/load_balancers/monitors`, { type: 'tcp', port: 9 });
  const member = { monitor_id, enabled: true, monitoring_only: false, must_be_healthy: false };
  // A host name that is looked up nowhere: without a monitor nothing is dialled.
  const origins = [{ name: 'one', address: 'origin.invalid' }];
  const pool_id = await create(`${account}/load_balancers/pools`, { name: 'fuzz', origins });
  const pools = { default_pools: [pool_id], fallback_pool: pool_id };
  const gre = {
    name: 'fuzz',
    customer_gre_endpoint: '192.0.2.1',
    cloudflare_gre_endpoint: '192.0.2.2',
    interface_address: '10.213.0.8/31',
  };
  const ipsec = { name: 'fuzz2', cloudflare_endpoint: '192.0.2.3', interface_address: '10.213.0.10/31' };
  return {
    account_id,
    zone_id,
    tunnel_id,
    monitor_id,
    pool_id,
    monitor_group_id: await create(`${account}/load_balancers/monitor_groups`, {
      description: 'fuzz',
      members: [member],
    }),
    load_balancer_id: await create(`/zones/${zone_id}/load_balancers`, {
      name: 'fuzz.example.com',
      ...pools,
    }),
    virtual_network_id: await create(`${account}/teamnet/virtual_networks`, { name: 'fuzz' }),
    route_id: await create(`${account}/teamnet/routes`, { network: '10.1.0.0/16', tunnel_id }),
    hostname_route_id: await create(`${account}/zerotrust/routes/hostname`, {
      hostname: 'fuzz.internal',
      tunnel_id,
    }),
    subnet_id: await create(`${account}/zerotrust/subnets/warp`, { name: 'fuzz', network: '100.81.0.0/24' }),
    gre_tunnel_id: await create(`${account}/magic/gre_tunnels`, gre),
    ipsec_tunnel_id: await create(`${account}/magic/ipsec_tunnels`, ipsec),
  };
}

/**
 * The document of the server as the fuzzer needs it: objects in answers have no more than it says, and an error is one of the
 * statuses that its text names. Objects that bodies hold stay open: what is unknown there is ignored.
 */
async function strictDocument(url) {
  const document = await (await fetch(url)).json();
  const { schemas, responses } = document.components;
  const inBodies = new Set();
  const follow = (node) => {
    if (node === null || typeof node !== 'object') return;
    const name = typeof node.$ref === 'string' ? node.$ref.split('/').at(-1) : null;
    if (name && schemas[name] && !inBodies.has(name)) {
      inBodies.add(name);
      follow(schemas[name]);
    }
    Object.values(node).forEach(follow);
  };
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { requestBody } of operations) {
    follow(requestBody);
    // Null is as good as none.
    const json = requestBody?.required === false && requestBody.content['application/json'];
    if (json) json.schema = { nullable: true, allOf: [json.schema] };
  }
  for (const [name, schema] of Object.entries(schemas))
    if (!inBodies.has(name) && schema.properties) schema.additionalProperties ??= false;
  const statuses = responses.Failed.description.match(/\b[45]\d\d(?=:)/g);
  const byAllowingNull = (node) => {
    if (node === null || typeof node !== 'object') return;
    // OpenAPI 3.0.3 wants it there; generators would make a value of it.
    if (node.nullable && node.enum && !node.enum.includes(null)) node.enum.push(null);
    Object.values(node).forEach(byAllowingNull);
  };
  byAllowingNull(document);
  for (const { responses: answers } of operations) {
    // A query that is longer than any head may be, from Node.
    answers['431'] = { description: 'The head of the request is too long' };
    for (const status of statuses) answers[status] = { $ref: '#/components/responses/Failed' };
    delete answers['4XX'];
    delete answers['5XX'];
  }
  return document;
}

/** What the document cannot say: which objects there are, and that rules between objects refuse valid shapes. */
function configuration(identifiers) {
  return `
[parameters]
${Object.entries(identifiers)
  .map(([name, id]) => `"path.${name}" = "${id}"`)
  .join('\n')}

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 409, 412]

[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 412, 413]
`;
}

/** Runs one pass; answers whether all its checks held and how many requests it has sent. */
function pass(name, identifiers, args) {
  console.log(`\n== ${name}\n`);
  const report = path.join(work, 'report.json');
  rmSync(report, { force: true });
  writeFileSync(path.join(work, 'schemathesis.toml'), configuration(identifiers));
  const { status } = spawnSync(
    program,
    [
      ...['--config-file', path.join(work, 'schemathesis.toml')],
      ...['run', path.join(work, 'openapi.json'), '--url', server.api_url],
      ...['--header', 'Authorization: Bearer fuzz', '--seed', options.seed],
      // Missing credentials are 400 and code 9106, as Cloudflare has it; test/api/auth.test.ts looks at them.
      ...['--checks', 'all', '--exclude-checks', 'ignored_auth'],
      ...['--max-examples', options.examples, '--continue-on-failure', '--no-shrink', '--no-color'],
      ...['--suppress-health-check', 'all', '--generation-database', 'none', '--request-timeout', '20'],
      ...['--warnings', 'off', '--report', 'json', '--report-json-path', report, ...args],
    ],
    { stdio: 'inherit', cwd: work, timeout: LIMIT_MS },
  );
  const requests = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).test_cases.generated : 0;
  return { passed: status === 0, requests };
}

const program = schemathesis();
const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-fuzz-'));
const server = await startOfframp();
let exitCode = 1;
try {
  const objects = await createObjects(server);
  const { account_id, zone_id } = server;
  const document = await strictDocument(`${new URL(server.api_url).origin}/_offramp/openapi.json`);
  writeFileSync(path.join(work, 'openapi.json'), JSON.stringify(document));
  const passes = [
    pass('objects that exist', objects, [
      ...[
        '--exclude-method',
        'DELETE',
        '--exclude-path',
        '/_offramp/reset',
        '--exclude-path',
        '/_offramp/clock',
        '--phases',
        'coverage,fuzzing',
      ],
    ]),
    pass('objects that come and go', { account_id, zone_id }, []),
  ];
  const requests = passes.reduce((sum, pass) => sum + pass.requests, 0);
  const alive = server.child.exitCode === null && server.child.signalCode === null;
  console.log(`${requests} requests; the server ${alive ? 'still runs' : 'HAS ENDED'}`);
  if (requests < MINIMUM_REQUESTS) console.error(`fewer than ${MINIMUM_REQUESTS} requests`);
  if (passes.every(({ passed }) => passed) && alive && requests >= MINIMUM_REQUESTS) exitCode = 0;
} finally {
  if (server.child.exitCode === null && server.child.signalCode === null) {
    server.child.kill('SIGTERM');
    await once(server.child, 'exit');
  }
  rmSync(work, { recursive: true });
}
process.exit(exitCode);
