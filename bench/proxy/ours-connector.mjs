// Our proxy, through the edge and a connector in a process of its own, which counts as well: ours, or the cloudflared that is
// named. Arguments: port, origin port, file of cloudflared.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAuthority } from '../../dist/edge/authority.js';
import { createEdge } from '../../dist/edge/edge.js';
import { createDirectDialer } from '../../dist/offramps/direct.js';
import { createOffRamps } from '../../dist/offramps/select.js';
import { benchStore, log, startBenchProxy } from './bench-proxy.mjs';

const [port, originPort] = process.argv.slice(2, 4).map(Number);
const cloudflared = process.argv[4];
const account = '0123456789abcdef0123456789abcdef';
const tunnelId = '11111111-2222-4333-8444-555555555555';
const virtualNetworkId = '99999999-2222-4333-8444-555555555555';
const secret = randomBytes(32);
const secretSha256 = createHash('sha256').update(secret).digest('hex');
const store = benchStore(originPort, {
  virtualNetworkId,
  tunnel: [{ id: tunnelId, accountId: account, name: 'bench', secretSha256, configuration: null }],
  route: [{ id: 'route', virtualNetworkId, network: '127.0.0.0/8', tunnelId }],
});

const authority = await createAuthority();
const edge = createEdge({
  host: '127.0.0.1',
  port: 0,
  certificate: authority.certificate,
  key: authority.key,
  locationName: 'LOC01',
  log,
  store,
});
const listening = await edge.listen();
const ca = path.join(mkdtempSync(path.join(tmpdir(), 'offramp-bench-edge-')), 'ca.pem');
writeFileSync(ca, authority.caCertificate);
const token = Buffer.from(JSON.stringify({ a: account, t: tunnelId, s: secret.toString('base64') })).toString(
  'base64',
);
const address = `127.0.0.1:${listening.port}`;
const MAIN = path.join(import.meta.dirname, '../../dist/main.js');
const ours = ['connector', '--edge', address, '--cacert', ca, '--token', token];
const theirs = ['tunnel', '--no-autoupdate', '--no-prechecks', '--protocol', 'http2', '--cacert', ca];
// It has as many connections as it is given addresses; ours has four as well.
theirs.push(...Array(4).fill(['--edge', address]).flat(), 'run', '--token', token);
const connector = cloudflared
  ? spawn(cloudflared, theirs, { stdio: 'ignore' })
  : spawn(process.execPath, [MAIN, ...ours], { stdio: 'ignore' });
process.on('SIGTERM', () => {
  connector.kill('SIGTERM');
  process.exit(0);
});
const connected = () => edge.connections(tunnelId).length;
while (connected() < 4) await new Promise((resolve) => setTimeout(resolve, 100));
await startBenchProxy(port, store, createOffRamps({ store, tunnels: edge, direct: createDirectDialer() }));
