// What is compared. A contender is started once and works in all rounds; to add one, add a row, and name it in workloads.mjs.
import path from 'node:path';
import { NGINX } from '../support/nginx.mjs';
import { packageFolder } from '../support/npm-package.mjs';
import { HAPROXY, startHaproxyContender } from './haproxy.mjs';
import { startNginxContender } from './nginx.mjs';
import { startNodeProxy } from './node-proxies.mjs';
import { programs } from './programs.mjs';

/**
 * @typedef {object} Surroundings
 * @property {number} originPort
 * @property {number | null} cpu the only one that a contender may use
 * @property {number | null} connectorCpu the only one that a connector may use
 * @property {{ cert: string, key: string, both: string } | null} certificate files; without them nobody serves HTTPS
 * @property {{ commit: string, main: string } | { missing: string }} old another build of Offramp
 * @property {(line: string) => void} say
 *
 * @typedef {object} Running
 * @property {number} pid the process that is measured, with its children
 * @property {number[]} [behind] pids of further processes on the way, such as a connector
 * @property {number} http port
 * @property {number} [https] port
 * @property {string} [host] what the load must ask for
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string | null} missing why it cannot be measured here
 * @property {() => Promise<Running | { missing: string }>} start
 */

/** @param {Surroundings} surroundings @returns {Contender[]} */
export function contenders(surroundings) {
  const noNginx = NGINX ? null : 'not installed';
  const noHaproxy = HAPROXY ? null : 'not installed';
  const script = (name) => path.join(import.meta.dirname, `${name}.mjs`);
  return [
    ...programs(surroundings),
    { name: 'nginx', missing: noNginx, start: () => startNginxContender(surroundings) },
    {
      name: 'nginx-tuned',
      missing: noNginx,
      start: () => startNginxContender(surroundings, { tuned: true }),
    },
    { name: 'haproxy', missing: noHaproxy, start: () => startHaproxyContender(surroundings) },
    { name: 'http-proxy', missing: null, start: () => startNodeProxy(script('http-proxy'), surroundings) },
    { name: 'fast-proxy', missing: null, start: () => startFastProxy(script('fast-proxy'), surroundings) },
    { name: 'relay', missing: null, start: () => startNodeProxy(script('relay'), surroundings) },
  ];
}

async function startFastProxy(script, surroundings) {
  let folder;
  try {
    folder = packageFolder('fast-proxy', '2.2.0', surroundings.say);
  } catch (error) {
    return { missing: `cannot be installed: ${error.message.split('\n')[0]}` };
  }
  return await startNodeProxy(script, surroundings, folder);
}
