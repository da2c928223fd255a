// Makes test/scenarios/upgrade/<commit>.tar.br: the database of a data directory as the program of an older commit has left it, with an object of
// each kind, and beside it what that program answered about them. Run by hand, once for each commit; what is made stays.
//
//   node scripts/old-data-directory.mjs 6437172
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { callApi, startOfframp, temporaryDirectory } from '../bench/support/offramp.mjs';
import { buildOf } from '../bench/support/old-build.mjs';
import { readArguments } from './support/arguments.mjs';

const FOLDER = path.resolve(import.meta.dirname, '../test/scenarios/upgrade');
/** Bytes of a window in powers of two: template databases are copies of each other, far apart. */
const WINDOW = 28;

const {
  words: [ref],
} = readArguments(import.meta.filename, {
  words: { name: 'COMMIT', tells: 'the older commit whose program fills the directory', least: 1, most: 1 },
});
const old = buildOf(ref, (line) => console.error(line));
if (old.missing) throw new Error(old.missing);
const name = old.commit.slice(0, 7);
const dataDir = temporaryDirectory();
const flags = ['--account-id', 'a'.repeat(32), '--zone-id', 'b'.repeat(32), '--domain', 'upgrade.test'];
const offramp = await startOfframp({ dataDir, main: old.main, flags });
const account = `/accounts/${offramp.ready.account_id}`;
const zone = `/zones/${offramp.ready.zone_id}`;
const objects = [];
async function make(at, body) {
  const made = await callApi(offramp, 'POST', at, body);
  objects.push({ path: `${at}/${made.id}` });
  return made.id;
}

const monitor = await make(`${account}/load_balancers/monitors`, {
  type: 'http',
  expected_codes: '200',
  interval: 60,
});
const network = await make(`${account}/teamnet/virtual_networks`, {
  name: 'datacentre',
  comment: 'of an older version',
});
const tunnel = await make(`${account}/cfd_tunnel`, {
  name: 'datacentre-connector',
  config_src: 'cloudflare',
});
await make(`${account}/teamnet/routes`, {
  network: '10.0.0.0/24',
  tunnel_id: tunnel,
  virtual_network_id: network,
});
const pool = await make(`${account}/load_balancers/pools`, {
  name: 'main',
  monitor,
  origins: [
    { name: 'private', address: '10.0.0.1', virtual_network_id: network },
    { name: 'public', address: '8.8.8.8', weight: 0.5, header: { Host: ['www.upgrade.test'] } },
  ],
});
await make(`${zone}/load_balancers`, {
  name: 'www.upgrade.test',
  default_pools: [pool],
  fallback_pool: pool,
  region_pools: { WEU: [pool] },
  session_affinity: 'cookie',
  proxied: true,
});
await make(`${zone}/dns_records`, {
  type: 'CNAME',
  name: 'app.upgrade.test',
  content: `${tunnel}.cfargotunnel.com`,
  proxied: true,
});
for (const object of objects) {
  // Of a tunnel: Cloudflare has removed it from its answers since, and so did we.
  const { connections, ...result } = await callApi(offramp, 'GET', object.path);
  object.result = result;
}
objects.push({
  path: `${account}/cfd_tunnel/${tunnel}/token`,
  result: await callApi(offramp, 'GET', `${account}/cfd_tunnel/${tunnel}/token`),
});
await offramp.stop();

const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
const tar = execFileSync('tar', ['-c', ...same, '-C', dataDir, 'database', 'database.complete'], {
  maxBuffer: 2 ** 30,
});
const packed = brotliCompressSync(tar, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW,
    [constants.BROTLI_PARAM_SIZE_HINT]: tar.length,
  },
});
mkdirSync(FOLDER, { recursive: true });
writeFileSync(path.join(FOLDER, `${name}.tar.br`), packed);
writeFileSync(path.join(FOLDER, `${name}.json`), `${JSON.stringify(objects, null, 2)}\n`);
console.log(`${name}: ${objects.length} objects, ${(packed.length / 1e6).toFixed(2)} MB`);
process.exit();
