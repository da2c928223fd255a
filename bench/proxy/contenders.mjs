// What is compared. A contender is started once and works in all rounds; `start` resolves with the pid of its process and the
// ports where it serves HTTP and HTTPS. To add one, add a row, and name it in workloads.mjs.
import path from 'node:path';
import { balance, portOf, served } from '../support/balance.mjs';
import { NGINX } from '../support/nginx.mjs';
import { MAIN, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { onCpu } from '../support/processes.mjs';
import { HAPROXY, startHaproxyContender } from './haproxy.mjs';
import { startNginxContender } from './nginx.mjs';
import { startNodeProxy } from './node-proxies.mjs';

/** What the load asks for. */
export const HOST = 'bench.example.com';

/**
 * @typedef {object} Surroundings
 * @property {number} originPort
 * @property {number | null} cpu the only one that a contender may use
 * @property {{ commit: string, main: string } | { missing: string }} old another build of Offramp
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string | null} missing why it cannot be measured here
 * @property {() => Promise<{ pid: number, http: number, https?: number }>} start
 */

/** @param {Surroundings} surroundings @returns {Contender[]} the first one is what the others are compared with */
export function contenders(surroundings) {
  const { old } = surroundings;
  const noNginx = NGINX ? null : 'not installed';
  return [
    { name: 'offramp', missing: null, start: () => startProgram(MAIN, surroundings) },
    { name: 'old', missing: old.missing ?? null, start: () => startProgram(old.main, surroundings) },
    { name: 'nginx', missing: noNginx, start: () => startNginxContender(surroundings) },
    {
      name: 'nginx-tuned',
      missing: noNginx,
      start: () => startNginxContender(surroundings, { tuned: true }),
    },
    {
      name: 'haproxy',
      missing: HAPROXY ? null : 'not installed',
      start: () => startHaproxyContender(surroundings),
    },
    ...['http-proxy', 'relay'].map((name) => ({
      name,
      missing: null,
      start: () => startNodeProxy(path.join(import.meta.dirname, `${name}.mjs`), surroundings),
    })),
  ];
}

/** The program as users start it, with a load balancer of one pool of one origin. */
async function startProgram(main, { originPort, cpu }) {
  const [file, args] = onCpu(cpu, process.execPath, [main]);
  const offramp = await startOfframp({ dataDir: temporaryDirectory(), main, command: [file, ...args] });
  // Older builds take no loopback address, but a name that leads there; it is looked up when they dial.
  const to = (address) => balance(offramp, HOST, [{ address, port: originPort }]);
  await to('127.0.0.1').catch(() => to('localhost'));
  const [http, https] = [offramp.ready.http, offramp.ready.https].map(portOf);
  await served(http, HOST, '/1024');
  return { pid: offramp.pid, http, https };
}
