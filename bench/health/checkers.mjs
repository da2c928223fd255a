// Who checks origins: builds of Offramp with pools and a monitor that are made through the API, and the bare prober.
import { fork } from 'node:child_process';
import path from 'node:path';
import { balance, portOf, served } from '../support/balance.mjs';
import { callApi, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { addressOf, FLAGS } from './addresses.mjs';

export const ORIGINS = 10_000;
export const INTERVAL_S = 5;
/** Of what nothing is to be seen in a measurement. */
const SELDOM_S = 3_600;
const ORIGINS_OF_POOL = 10;
const WRITERS = 8;
export const HOST = 'bench.example.com';

/**
 * @typedef {object} Checker
 * @property {string} name
 * @property {number} pid
 * @property {(on: boolean) => Promise<void>} check every origin every five seconds, or hardly ever
 * @property {number} [http] port where requests for `HOST` go in
 */

/** @returns {Promise<Checker>} `main` is that of the build; with `trafficPort` there is a load balancer for the origin on that port */
export async function startProgram(name, main, { port, trafficPort = null }) {
  const offramp = await startOfframp({
    dataDir: temporaryDirectory(),
    main,
    flags: ['--min-monitor-interval', String(INTERVAL_S), ...FLAGS],
  });
  const balancing = `/accounts/${offramp.ready.account_id}/load_balancers`;
  const monitor = await callApi(offramp, 'POST', `${balancing}/monitors`, {
    ...{ type: 'http', path: '/', expected_codes: '200', port, timeout: 2, retries: 0, interval: SELDOM_S },
  });
  let next = 0;
  const write = async () => {
    while (next < ORIGINS / ORIGINS_OF_POOL) {
      const pool = next++;
      const origins = Array.from({ length: ORIGINS_OF_POOL }, (_, i) => ({
        ...{ name: `origin-${i}`, address: addressOf(pool * ORIGINS_OF_POOL + i) },
      }));
      const body = { name: `pool-${pool}`, monitor: monitor.id, origins };
      await callApi(offramp, 'POST', `${balancing}/pools`, body);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const http = portOf(offramp.ready.http);
  if (trafficPort !== null) {
    await balance(offramp, HOST, [{ address: '127.0.0.1', port: trafficPort }]);
    await served(http, HOST, '/1024');
  }
  return {
    ...{ name, pid: offramp.pid, http: trafficPort === null ? undefined : http },
    async check(on) {
      const interval = on ? INTERVAL_S : SELDOM_S;
      await callApi(offramp, 'PATCH', `${balancing}/monitors/${monitor.id}`, { interval });
    },
  };
}

/** @returns {Promise<Checker>} */
export async function startBareProber({ port }) {
  const args = [port, ORIGINS, ORIGINS / INTERVAL_S].map(String);
  const child = fork(path.join(import.meta.dirname, 'bare-prober.mjs'), args);
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    ...{ name: 'bare prober', pid: child.pid },
    check: async (on) => void child.send(on ? 'start' : 'stop'),
  };
}
