// How long the data plane's thread works between two turns of its event loop while one change brings 10,000 pools. The program is started as always, with
// turns.mjs loaded into its threads.
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { balance, portOf, served } from '../support/balance.mjs';
import { startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { addressOf, FLAGS } from './addresses.mjs';

const TURNS = pathToFileURL(path.join(import.meta.dirname, 'turns.mjs')).href;
const POOLS = 10_000;
const ORIGINS_OF_POOL = 10;
const POOLS_OF_SEED = 1_000;
/** What a change has left to do is done in later turns. */
const AFTERWARDS_MS = 1_500;
const HOST = 'bench.example.com';

/**
 * A snapshot with these pools, whose origins are all at `checkedPort`, and a load balancer for the origin on `originPort`. They are made in several
 * changes, since nobody measures how they came about.
 */
export async function snapshotOf({ monitored, originPort, checkedPort }) {
  const offramp = await start();
  await balance(offramp, HOST, [{ address: '127.0.0.1', port: originPort }]);
  const monitors = [{ description: 'seldom', type: 'tcp', port: checkedPort, interval: 3_600 }];
  for (let first = 0; first < POOLS; first += POOLS_OF_SEED) {
    const pools = poolsFrom(first, monitored ? { monitor: 'seldom' } : {});
    // Later ones find the monitor of the first.
    const seed = first === 0 && monitored ? { monitors, pools } : { pools };
    await control(offramp, 'POST', 'seed', JSON.stringify(seed));
  }
  const snapshot = await control(offramp, 'GET', 'snapshot');
  await offramp.stop();
  return snapshot;
}

/** Resolves with the milliseconds of CPU time of the longest turn while the snapshot takes the place of what there is. */
export async function longestTurn(snapshot) {
  const folder = temporaryDirectory();
  const offramp = await start({ NODE_OPTIONS: `--import=${TURNS}`, BENCH_TURNS: folder });
  const socket = net.connect({ path: path.join(folder, 'data-plane'), allowHalfOpen: true });
  await delay(50);
  await control(offramp, 'PUT', 'snapshot', snapshot);
  await served(portOf(offramp.ready.http), HOST, '/1024');
  await delay(AFTERWARDS_MS);
  socket.end();
  const longestMs = Number(await text(socket));
  await offramp.stop();
  return longestMs;
}

/** Ten thousand pools that find their origins healthy are more to write down than it keeps; it would tell of each. */
const start = (env = {}) => startOfframp({ dataDir: null, env, flags: [...FLAGS, '--log-level', 'error'] });

function poolsFrom(first, fields) {
  return Array.from({ length: POOLS_OF_SEED }, (_, i) => ({
    ...{ name: `many-${first + i}`, ...fields },
    origins: Array.from({ length: ORIGINS_OF_POOL }, (_, at) => ({
      ...{ name: `o${at}`, address: addressOf((first + i) * ORIGINS_OF_POOL + at) },
    })),
  }));
}

async function control({ port }, method, what, body) {
  const headers = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}/_offramp/${what}`, { method, headers, body });
  const answer = await response.text();
  if (response.status !== 200)
    throw new Error(`${method} of a ${what} is answered with ${answer.slice(0, 500)}`);
  return answer;
}
