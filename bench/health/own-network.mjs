// A network of its own for a benchmark: a namespace with nothing but loopback, where ten thousand public addresses are this machine's. Builds of Offramp that
// dial no loopback address can be measured there as well.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from '../support/processes.mjs';

const INSIDE = 'BENCH_OWN_NETWORK';
const [UNSHARE, IP] = ['unshare', 'ip'].map(findProgram);
/** Others than root are root inside. */
const FLAGS = ['--net', ...(process.getuid() === 0 ? [] : ['--map-root-user'])];

/** What the part outside has left for the one inside; null outside. */
export const leftFromOutside = () =>
  process.env[INSIDE] === undefined ? null : JSON.parse(process.env[INSIDE]);

export function canHaveOwnNetwork() {
  if (!UNSHARE || !IP) return false;
  try {
    execFileSync(UNSHARE, [...FLAGS, IP, 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs this script with its arguments again, inside, and ends with its code. */
export async function goInside(left) {
  const args = [...FLAGS, process.execPath, ...process.argv.slice(1)];
  const child = spawn(UNSHARE, args, {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: JSON.stringify(left) },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.removeAllListeners(signal);
    process.on(signal, () => child.kill(signal));
  }
  const [code] = await once(child, 'exit');
  process.exit(code ?? 1);
}

/** Inside: 9.0.0.0/8 is here. */
export function openOwnNetwork() {
  execFileSync(IP, ['link', 'set', 'lo', 'up']);
  execFileSync(IP, ['route', 'add', 'local', '9.0.0.0/8', 'dev', 'lo']);
}
