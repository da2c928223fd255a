// Whether the package works for somebody who has nothing but it: packed, installed in an empty project, the command run, the library imported,
// its types read as strictly as TypeScript can, and what is loaded late loaded. Packs what is built.
//
//   npm run check-package
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesOf, countPackages, installPacked, pack } from './packed.mjs';
import { readArguments } from './support/arguments.mjs';

readArguments(import.meta.filename);

const MOST_PACKAGES = 25;
const MOST_MB = 70;

const root = fileURLToPath(new URL('../', import.meta.url));
const { name } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-package-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

const tarball = pack(root, work);
const project = path.join(work, 'project');
installPacked(tarball, project);
const modules = path.join(project, 'node_modules');
const [packages, megabytes] = [countPackages(modules), bytesOf(modules) / 1e6];
console.log(
  `${path.basename(tarball)}: ${(bytesOf(tarball) / 1e6).toFixed(1)} MB, installed ${megabytes.toFixed(1)} MB in ${packages} packages`,
);
if (packages > MOST_PACKAGES || megabytes > MOST_MB)
  throw new Error(`an install has at most ${MOST_MB} MB in ${MOST_PACKAGES} packages`);

const run = (file, args) => execFileSync(file, args, { cwd: project, stdio: 'inherit' });
run(path.join(modules, '.bin/offramp'), ['demo', '--once']);

const USE = `
import { startConnector, startOfframp } from '${name}';
const free = { port: 0, edgePort: 0, httpPort: 0, httpsPort: 0, dnsPort: 0 };
const offramp = await startOfframp({ memory: true, ...free });
const origin = new URL(offramp.apiUrl).origin;
const headers = { authorization: 'Bearer for-the-check-alone', 'content-type': 'application/json' };
async function ask(url, options) {
  const answer = await fetch(url, { headers, ...options });
  if (answer.status !== 200) throw new Error(url + ' answered ' + answer.status);
  return await answer.text();
}
// What is loaded late: Swagger with its files, the library of the metrics, RE2.
for (const path of ['/docs/static/index.html', '/docs/static/swagger-ui.css', '/docs/json', '/metrics']) await ask(origin + path);
const tunnels = offramp.apiUrl + '/accounts/' + offramp.accountId + '/cfd_tunnel';
const made = JSON.parse(await ask(tunnels, { method: 'POST', body: '{"name":"check"}' })).result;
const token = JSON.parse(await ask(tunnels + '/' + made.id + '/token')).result;
const ingress = [{ path: '^/a+$', service: 'http_status:204' }, { service: 'http_status:404' }];
const connector = startConnector({ token, edge: offramp.edge, caFile: offramp.edgeCa, ingress, connections: 1 });
await connector.ready;
await connector.close();
await offramp.close();
`;
writeFileSync(path.join(project, 'use.mjs'), USE);
run(process.execPath, ['use.mjs']);

const TYPED = `
import { type Connector, type ConnectorOptions, type Offramp, type OfframpOptions, startConnector, startOfframp } from '${name}';
import globalSetup, { type TestOfframp, useOfframp } from '${name}/testing';
export const used: TestOfframp = useOfframp({ start: { region: 'WEU' } });
export const stop: Promise<() => Promise<void>> = globalSetup();
const options: OfframpOptions = { memory: true, port: 0 };
export const offramp: Offramp = await startOfframp(options);
const asked: ConnectorOptions = { token: '', edge: [offramp.edge], caFile: offramp.edgeCa, ingress: [{ service: 'http_status:204' }] };
export const connector: Connector = startConnector(asked);
export const version: number = connector.configuration.version;
// @ts-expect-error: there is no such option.
await startOfframp({ nonsense: 1 });
`;
/** What Jest reads: a file that requires. */
const REQUIRED = `
import testing = require('${name}/testing');
const offramp: testing.TestOfframp = testing.useOfframp({ start: { region: 'WEU' } });
export const pools = async (): Promise<readonly testing.LoggedRequest[]> => await offramp.requests({ status: 200 });
export default testing.default;
`;
writeFileSync(path.join(project, 'use.mts'), TYPED);
writeFileSync(path.join(project, 'required.cts'), REQUIRED);
const STRICT = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
for (const [module, resolution] of [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])
  run(process.execPath, [
    tsc,
    ...STRICT,
    ...['--types', '', '--lib', 'es2023', '--target', 'es2023'],
    ...['--module', module, '--moduleResolution', resolution, 'use.mts'],
    ...(module === 'nodenext' ? ['required.cts'] : []),
  ]);
console.log('The package works by itself.');
