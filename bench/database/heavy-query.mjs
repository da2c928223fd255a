// Traffic while the embedded database is busy: p99 of the proxy at rest and during one heavy query after the other. There
// is no way to run SQL through the API, so storage and data plane are put together here as the program does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { loadEdgeIdentity } from '../../dist/app/edge-identity.js';
import { spawnDataPlane } from '../../dist/live/data-plane-thread.js';
import { startDataPlaneWorker } from '../../dist/live/data-plane-worker.js';
import { openDatabase } from '../../dist/storage/database.js';
import { runLoad } from '../support/load.mjs';
import { percentile, spread } from '../support/numbers.mjs';
import { temporaryDirectory } from '../support/offramp.mjs';

const HEAVY = 'select count(*) from (select n from generate_series(1, 2000000) n order by n desc) sorted';
const REQUESTS = 4_000;
const CONNECTIONS = 4;
/** 1,000 requests a second: a load that takes every core would measure the scheduler, not us. */
const EVERY_MS = 4;
const HOST = 'bench.example.com';

/** Answers what it found, in words. */
export async function measureHeavyQueries(rounds) {
  const directory = temporaryDirectory();
  const origin = await startOrigin();
  const db = await openDatabase({ url: null, dataDir: `${directory}/database` });
  const identity = await loadEdgeIdentity(directory);
  const dataPlane = await startDataPlane(identity, origin.port);
  const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  const load = async () => {
    const connections = Array.from({ length: CONNECTIONS }, () => [request]);
    const { latenciesMs } = await runLoad({
      port: dataPlane.http.port,
      requests: REQUESTS,
      connections,
      everyMs: EVERY_MS,
    });
    return percentile(latenciesMs, 0.99);
  };
  const idle = [];
  const busy = [];
  let queries = 0;
  await load();
  for (let round = 0; round < rounds; round++) {
    const steps = [async () => idle.push(await load()), async () => busy.push(await during(load))];
    for (const step of round % 2 === 0 ? steps : steps.reverse()) await step();
  }
  await dataPlane.drain(0);
  await db.close();
  await identity.release();
  origin.stop();
  const ratios = busy.map((ms, i) => ms / idle[i]);
  return `Proxy p99 over ${REQUESTS} requests at 1,000 a second: at rest ${spread(idle, 2)} ms, during ${queries} queries of 2 million rows ${spread(busy, 2)} ms, ratio ${spread(ratios, 2)} (goal: <= 2)`;

  async function during(work) {
    let running = true;
    const querying = (async () => {
      while (running) {
        await db.read.$queryRawUnsafe(HEAVY);
        queries += 1;
      }
    })();
    const result = await work();
    running = false;
    await querying;
    return result;
  }
}

function startDataPlane(identity, originPort) {
  const { pool, loadBalancer } = configuration(originPort);
  const listen = { host: '127.0.0.1', port: 0 };
  return startDataPlaneWorker({
    thread: spawnDataPlane(new URL('../../dist/app/data-plane-entry.js', import.meta.url), {
      edge: listen,
      http: listen,
      https: listen,
      dns: { ...listen, fds: [] },
      tcp: [],
    }),
    start: {
      edge: { certificate: identity.certificate, key: identity.key },
      http: listen,
      pop: 'LOC',
      originTls: 'full',
      logLevel: 'error',
      configuration: {
        revision: 1,
        complete: true,
        upsert: { pool: [pool], load_balancer: [loadBalancer] },
        remove: {},
      },
    },
    onApplied: () => {},
    onConnection: () => {},
    onFailure: (error) => pino().fatal(error),
  });
}

function configuration(port) {
  const origin = {
    key: 'origin',
    name: 'origin',
    address: 'localhost',
    ip: null,
    enabled: true,
    weight: 1,
    port,
    host: null,
    virtualNetworkId: null,
  };
  const pool = {
    id: 'pool',
    accountId: 'account',
    name: 'pool',
    enabled: true,
    minimumOrigins: 1,
    monitorId: null,
    originSteering: 'random',
    checkRegions: null,
    origins: [origin],
  };
  const loadBalancer = {
    id: 'load-balancer',
    accountId: 'account',
    zoneId: 'zone',
    name: HOST,
    enabled: true,
    defaultPools: ['pool'],
    fallbackPool: 'pool',
    steeringPolicy: 'off',
    randomSteering: { defaultWeight: 1, poolWeights: {} },
  };
  return { pool, loadBalancer };
}

/** Answers 1 KiB at once, in a process of its own. */
async function startOrigin() {
  const server = `
    const body = Buffer.alloc(1024, 'x');
    const server = require('node:http').createServer((request, response) => response.end(body));
    server.keepAliveTimeout = 60000;
    server.listen(0, 'localhost', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  const [line] = await once(child.stdout, 'data');
  return { port: Number(line), stop: () => child.kill() };
}
