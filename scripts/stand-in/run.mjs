// Clients in Go, unmodified, ask https://api.cloudflare.com and get Offramp: in namespaces of their own for mounts and the network, so that
// the machine's hosts file and ports stay as they are. By hand; takes Go, Linux and root.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readArguments } from '../support/arguments.mjs';

readArguments(import.meta.filename);

/** Each with its program beside this file. */
const CLIENTS = [
  { name: 'cloudflare-go', module: 'github.com/cloudflare/cloudflare-go@v0.116.0' },
  { name: 'lego', module: 'github.com/go-acme/lego/v4@v4.25.2' },
];
const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

const missing = ['go', 'unshare', 'ip'].find((name) => spawnSync('which', [name]).status !== 0);
if (missing || process.getuid?.() !== 0) {
  console.log(`skipped: it takes ${missing ?? 'root'}`);
  process.exit(0);
}
const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-stand-in-'));
try {
  for (const { name, module } of CLIENTS) build(name, module);
  writeFileSync(path.join(work, 'hosts'), '127.0.0.1 localhost api.cloudflare.com\n');
  const failed = CLIENTS.filter(({ name, module }) => {
    console.log(`# ${module}`);
    return !works(name);
  });
  for (const { module } of CLIENTS.filter((client) => !failed.includes(client)))
    console.log(`${module} works, unmodified, by the real host name`);
  for (const { module } of failed) console.log(`${module} does NOT work`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function build(name, module) {
  const folder = path.join(work, name);
  mkdirSync(folder);
  copyFileSync(path.join(import.meta.dirname, `${name}.go`), path.join(folder, 'main.go'));
  const go = (...args) => execFileSync('go', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  go('mod', 'init', 'example.com/client');
  go('get', module);
  go('mod', 'tidy');
  go('build', '-o', 'client', '.');
}

/** The client beside an Offramp of its own. */
function works(name) {
  const folder = path.join(work, name);
  const script = `set -eu
ip link set lo up
mount --bind ${work}/hosts /etc/hosts
${process.execPath} ${MAIN} start --memory --stand-in --dns-port 7853 --endpoints-file ${folder}/endpoints.json > ${folder}/log 2>&1 &
offramp=$!
trap 'kill $offramp; wait $offramp || true' EXIT
for attempt in $(seq 300); do [ -f ${folder}/endpoints.json ] && break; sleep 0.1; done
eval "$(${process.execPath} ${MAIN} env --stand-in)"
# What would lead it elsewhere than to the real host name.
unset CLOUDFLARE_BASE_URL CLOUDFLARE_API_BASE_URL
export CLOUDFLARE_DNS_API_TOKEN="$CLOUDFLARE_API_TOKEN" OFFRAMP_DNS=127.0.0.1:7853
${folder}/client`;
  return spawnSync('unshare', ['--mount', '--net', 'bash', '-c', script], { stdio: 'inherit' }).status === 0;
}
