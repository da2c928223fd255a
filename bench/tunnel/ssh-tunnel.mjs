// The same way in tools that everybody knows: HAProxy, `ssh -L`, sshd, origin. The sshd is our own, as the user that we are,
// with keys that are thrown away, on loopback.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { temporaryDirectory } from '../support/offramp.mjs';
import { freePort, startListening } from '../support/processes.mjs';

const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'];
const find = (name) => FOLDERS.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
const [HAPROXY, SSH, SSHD, KEYGEN] = ['haproxy', 'ssh', 'sshd', 'ssh-keygen'].map(find);
/** As root, sshd insists on this directory, which its service makes at every start. */
const ROOTS_DIRECTORY = '/run/sshd';

/** Why this way cannot be measured; null when it can. */
export function whyNoSsh() {
  const missing = Object.entries({ haproxy: HAPROXY, ssh: SSH, sshd: SSHD, 'ssh-keygen': KEYGEN }).filter(
    ([, file]) => !file,
  );
  return missing.length === 0 ? null : `${missing.map(([name]) => name).join(', ')}: not installed`;
}

/** Resolves with `{ port, front, others }` as the other ways do. */
export async function startSshTunnel(originPort) {
  const folder = temporaryDirectory();
  makeRootsDirectory();
  for (const name of ['host', 'client'])
    execFileSync(KEYGEN, ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, name)]);
  const [sshdPort, tunnelPort, port] = [await freePort(), await freePort(), await freePort()];
  const sshdConfig = path.join(folder, 'sshd_config');
  writeFileSync(
    sshdConfig,
    `Port ${sshdPort}\nListenAddress 127.0.0.1\nHostKey ${folder}/host\nAuthorizedKeysFile ${folder}/client.pub\n` +
      `PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nAllowTcpForwarding local\n` +
      'PermitRootLogin prohibit-password\n',
  );
  const sshd = await startListening({
    ...{ command: SSHD, args: ['-D', '-f', sshdConfig, '-E', path.join(folder, 'sshd.log')] },
    ...{ port: sshdPort, quiet: true },
  });
  const client = ['-N', '-F', 'none', '-i', path.join(folder, 'client'), '-p', String(sshdPort)];
  const options = [
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${folder}/known`,
    'ExitOnForwardFailure=yes',
  ];
  const ssh = await startListening({
    command: SSH,
    args: [
      ...[...client, ...options.flatMap((option) => ['-o', option])],
      ...['-L', `127.0.0.1:${tunnelPort}:127.0.0.1:${originPort}`, `${userInfo().username}@127.0.0.1`],
    ],
    ...{ port: tunnelPort, quiet: true },
  });
  const haproxyConfig = path.join(folder, 'haproxy.cfg');
  writeFileSync(haproxyConfig, haproxyConfiguration(port, tunnelPort));
  const haproxy = await startListening({
    command: HAPROXY,
    args: ['-db', '-f', haproxyConfig],
    port,
    quiet: true,
  });
  return { port, front: haproxy.pid, others: [ssh.pid, sshd.pid] };
}

function makeRootsDirectory() {
  if (process.getuid() !== 0 || existsSync(ROOTS_DIRECTORY)) return;
  mkdirSync(ROOTS_DIRECTORY, { mode: 0o755 });
  process.once('exit', () => rmdirSync(ROOTS_DIRECTORY));
}

/** One thread, connections to the origin kept and shared, the same kind of added headers. */
function haproxyConfiguration(port, tunnelPort) {
  return `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  default_backend tunnel
backend tunnel
  http-request set-header X-Forwarded-Proto http
  server origin 127.0.0.1:${tunnelPort}
`;
}
