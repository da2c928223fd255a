import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { CLOUDFLARED } from '../support/connectors.js';
import { startOriginProcess } from '../support/origin-process.js';
import { runProgram, spawnProgram } from '../support/program.js';
import { sharedOfframp } from '../support/shared-offramp.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PACKAGE = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  files: string[];
  dependencies: Record<string, string>;
};

/** The block that follows `<!-- run: name -->` in the README, or another page. */
function block(name: string, page = 'README.md'): string {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const found = new RegExp(`<!-- run: ${name} -->\\n\`\`\`(?:sh|ts)\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (!found) throw new Error(`${page} has no block "${name}"`);
  return found;
}

/** What a row of `files` of package.json names: a path, or `folder/*.js`. */
function matching(row: string): string[] {
  if (!row.includes('*')) return [row];
  const [folder, end] = row.split('*') as [string, string];
  return readdirSync(path.join(ROOT, folder))
    .filter((file) => file.endsWith(end))
    .map((file) => folder + file);
}

test("the README's six lines are a test that passes, in a project that has the package, the SDK and Vitest", async () => {
  const lines = block('first-test');
  expect(lines.trimEnd().split('\n')).toHaveLength(6);
  const project = await mkdtemp(path.join(os.tmpdir(), 'offramp-readme-'));
  onTestFinished(() => rm(project, { recursive: true, force: true }));
  await writeFile(path.join(project, 'first.test.ts'), lines);
  const { name, files, dependencies } = PACKAGE;
  const modules = path.join(project, 'node_modules');
  const packed = ['package.json', ...files.flatMap(matching)];
  for (const file of packed.filter((one) => existsSync(path.join(ROOT, one))))
    await cp(path.join(ROOT, file), path.join(modules, name, file), { recursive: true });
  for (const other of ['vitest', 'cloudflare', ...Object.keys(dependencies)]) {
    await mkdir(path.dirname(path.join(modules, other)), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules', other), path.join(modules, other));
  }
  // Of the Vitest that runs this.
  const env = Object.fromEntries(
    Object.entries(cleanEnvironment()).filter(([variable]) => !variable.startsWith('VITEST')),
  );
  const args = [path.join(modules, 'vitest/vitest.mjs'), 'run', '--reporter=json', '--testTimeout=60000'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project, env });
  expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 1, numTotalTests: 1, success: true });
});

test("the README's curl story works as it is printed", async () => {
  const offramp = await sharedOfframp();
  const origin = await startOriginProcess('from the README', '127.0.0.1');
  const env = { ...cleanEnvironment(), OFFRAMP_API_URL: offramp.apiUrl };
  const script = `set -euo pipefail\n${block('story')}\nprintf '\\n%s' "$token"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: ROOT, env });
  const token = stdout.trim().split('\n').at(-1)!;

  const flags = [
    '--edge',
    offramp.edge,
    '--cacert',
    offramp.edgeCa,
    '--map',
    `10.0.0.1:80=127.0.0.1:${origin.port}`,
  ];
  const connector = spawnProgram(['connector', '--token', token, ...flags], { env });
  const client = trafficClient(offramp.http);
  await eventually(async () => (await client.get('www.example.com')).body === 'from the README');
  client.close();

  const pools = await apiOf(offramp).get('@/load_balancers/pools');
  expect(pools.body.result).toMatchObject([{ name: 'main', origins: [{ address: '10.0.0.1' }] }]);
  const exit = once(connector, 'exit');
  connector.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  await origin.kill();
  await offramp.stop();
});

test('the question of GraphQL in docs/metrics.md is answered', async () => {
  const offramp = await sharedOfframp();
  const env = { ...cleanEnvironment(), OFFRAMP_API_URL: offramp.apiUrl };
  const script = `set -euo pipefail\n${block('graphql', 'docs/metrics.md')}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: ROOT, env });
  const zones = [{ loadBalancingRequestsAdaptiveGroups: [] }];
  expect(JSON.parse(stdout)).toEqual({ data: { viewer: { zones } }, errors: null });
  await offramp.stop();
});

test('the README shows cloudflared the lines that `offramp env` prints', async () => {
  const offramp = await sharedOfframp();
  const { out } = await runProgram(['env', '--api-url', offramp.apiUrl]);
  await offramp.stop();
  const printed = out
    .replaceAll(offramp.apiUrl, 'http://127.0.0.1:7840/client/v4')
    .replaceAll(offramp.edge, '127.0.0.1:7844')
    .replaceAll(offramp.edgeCa, '/home/you/.offramp/edge/ca.pem')
    .split('\n')
    .filter((line) => /^export (TUNNEL_|NO_AUTOUPDATE=)/.test(line));
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith('| cloudflared as connector |'))!;
  const shown = [...row.matchAll(/`(export [^`]*)`/g)].map(([, line]) => line);
  expect(shown).toEqual(printed);
  expect(printed).toContain("export TUNNEL_TRANSPORT_PROTOCOL='http2'");
});

test.skipIf(!CLOUDFLARED)('a local service is published as the README says', async () => {
  const offramp = await sharedOfframp();
  const home = await mkdtemp(path.join(os.tmpdir(), 'offramp-readme-'));
  await mkdir(path.join(home, '.offramp'));
  await symlink(path.resolve(CLOUDFLARED!), path.join(home, 'cloudflared'));
  const env = {
    ...cleanEnvironment(),
    HOME: home,
    PATH: `${home}:${process.env.PATH}`,
    OFFRAMP_API_URL: offramp.apiUrl,
  };
  await promisify(execFile)('bash', ['-c', `set -euo pipefail\n${block('expose')}`], { cwd: ROOT, env });
  const [tunnel] = (await apiOf(offramp).get('@/cfd_tunnel')).body.result;
  expect((await apiOf(offramp).get('%/dns_records')).body.result).toMatchObject([
    { name: 'app.example.com', content: `${tunnel.id}.cfargotunnel.com`, proxied: true },
  ]);
  await offramp.stop();
  await rm(home, { recursive: true });
});
