// The same way in tools that everybody knows: HAProxy, `ssh -L`, sshd, origin. The sshd is our own, as the user that we are,
// with keys that are thrown away, on loopback.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { HAPROXY, startHaproxy } from '../proxy/haproxy.mjs';
import { temporaryDirectory } from '../support/offramp.mjs';
import { findProgram, freePort, startListening } from '../support/processes.mjs';

const [SSH, SSHD, KEYGEN] = ['ssh', 'sshd', 'ssh-keygen'].map(findProgram);
/** As root, sshd insists on this directory, which its service makes at every start. */
const ROOTS_DIRECTORY = '/run/sshd';

/** Why this way cannot be measured; null when it can. */
export function whyNoSsh() {
  const missing = Object.entries({ haproxy: HAPROXY, ssh: SSH, sshd: SSHD, 'ssh-keygen': KEYGEN }).filter(
    ([, file]) => !file,
  );
  return missing.length === 0 ? null : `${missing.map(([name]) => name).join(', ')}: not installed`;
}

/** Resolves with pids and port, as every contender of bench/proxy does. */
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
  const haproxy = await startHaproxy({ port, originPort: tunnelPort });
  return { pid: haproxy.pid, behind: [ssh.pid, sshd.pid], http: port };
}

function makeRootsDirectory() {
  if (process.getuid() !== 0 || existsSync(ROOTS_DIRECTORY)) return;
  mkdirSync(ROOTS_DIRECTORY, { mode: 0o755 });
  process.once('exit', () => rmdirSync(ROOTS_DIRECTORY));
}
