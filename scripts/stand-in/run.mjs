// cloudflare-go v0, unmodified, asks https://api.cloudflare.com and gets Offramp: in namespaces of its own for mounts and the network, so that
// the machine's hosts file and ports stay as they are. By hand; takes Go, Linux and root.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const MODULE = 'github.com/cloudflare/cloudflare-go@v0.116.0';
const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

const missing = ['go', 'unshare', 'ip'].find((name) => spawnSync('which', [name]).status !== 0);
if (missing || process.getuid?.() !== 0) {
  console.log(`skipped: it takes ${missing ?? 'root'}`);
  process.exit(0);
}
const work = mkdtempSync(path.join(os.tmpdir(), 'offramp-stand-in-'));
try {
  copyFileSync(path.join(import.meta.dirname, 'main.go'), path.join(work, 'main.go'));
  const go = (...args) => execFileSync('go', args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
  go('mod', 'init', 'example.com/client');
  go('get', MODULE);
  go('mod', 'tidy');
  go('build', '-o', 'client', '.');
  writeFileSync(path.join(work, 'hosts'), '127.0.0.1 localhost api.cloudflare.com\n');
  const script = `set -eu
ip link set lo up
mount --bind ${work}/hosts /etc/hosts
${process.execPath} ${MAIN} start --memory --stand-in --endpoints-file ${work}/endpoints.json > ${work}/log 2>&1 &
offramp=$!
trap 'kill $offramp; wait $offramp || true' EXIT
for attempt in $(seq 300); do [ -f ${work}/endpoints.json ] && break; sleep 0.1; done
eval "$(${process.execPath} ${MAIN} env --stand-in)"
${work}/client`;
  const { status } = spawnSync('unshare', ['--mount', '--net', 'bash', '-c', script], { stdio: 'inherit' });
  console.log(status === 0 ? `${MODULE} works, unmodified, by the real host name` : 'it does NOT work');
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
