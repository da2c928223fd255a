// Offramp as a harness starts it: in memory, on free ports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import readline from 'node:readline';
import { FREE_PORTS } from '../support/free-ports.mjs';
import { MAIN } from '../support/offramp.mjs';

export async function spawnProgram() {
  const args = [MAIN, 'start', '--json', '--memory', '--direct-network', '127.0.0.0/8', ...FREE_PORTS];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  const ready = JSON.parse(line);
  return {
    api: new URL(ready.api_url).origin,
    http: ready.http,
    account: ready.account_id,
    zone: ready.zone_id,
    domain: ready.domain,
    stop,
  };
}
