// Those that do the same work: programs with an API, and what their work costs. A contender has
// `measure(work, seconds)`, which answers `{ perSecond, p50, p99, cpu, total }`: requests a second, milliseconds, and the
// CPU time of a request in milliseconds, its own and with that of the database server.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMsOfTree } from '../support/cpu.mjs';
import { runLoad, UNIQUE } from '../support/load.mjs';
import { percentile } from '../support/numbers.mjs';
import { callApi, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { nameOf, newTag, postText } from './workloads.mjs';

/** What a program does after its last answer belongs to the work. */
const SETTLE_MS = 200;

/** A build of Offramp on a database of its own, with so many pools of one origin. */
export async function startFilled(main, postgres, pools, say) {
  const databaseUrl = postgres && (await postgres.createDatabase());
  const offramp = await startOfframp({ dataDir: temporaryDirectory(), databaseUrl, main });
  const prefix = offramp.pools.slice(0, offramp.pools.lastIndexOf('/'));
  const at = { pools: offramp.pools, search: `${prefix}/search` };
  await fill(offramp.port, at, pools, say);
  const some = await callApi(offramp, 'GET', `${at.pools.replace('/client/v4', '')}?per_page=10`);
  const own = httpContender({
    pid: offramp.pid,
    port: offramp.port,
    at: { ...at, ids: idsOf(some) },
    postgres,
  });
  return { ...own, stop: offramp.stop };
}

/** Something that answers HTTP on this port; `postgres` is the server that works for it, if one does. */
export function httpContender({ pid, port, at, postgres = null }) {
  const cpu = () => ({ own: cpuMsOfTree(pid), server: postgres?.cpuMs() ?? 0 });
  return {
    port,
    at,
    async measure({ connections, text }, seconds) {
      const tag = newTag();
      const texts = Array.from({ length: connections }, (_, i) => [text(at, i, tag)]);
      const before = cpu();
      const { seconds: took, latenciesMs } = await runLoad({ port, forSeconds: seconds, connections: texts });
      await delay(SETTLE_MS);
      const after = cpu();
      const count = latenciesMs.length;
      const own = (after.own - before.own) / count;
      return {
        perSecond: count / took,
        p50: percentile(latenciesMs, 0.5),
        p99: percentile(latenciesMs, 0.99),
        cpu: own,
        total: own + (after.server - before.server) / count,
      };
    },
  };
}

/** Through the API: tables may look different in another commit. */
async function fill(port, at, pools, say) {
  for (let made = 0; made < pools; made += 1000) {
    if (pools > 1000) say(`${made} of ${pools} pools made`);
    const text = postText(at, `${nameOf(made / 1000, '')}${UNIQUE}`);
    const connections = Array.from({ length: 8 }, () => [text]);
    await runLoad({ port, requests: Math.min(1000, pools - made), connections, limitSeconds: 600 });
  }
}

/** The body that a contender answers to one such request, as text. */
export async function answerOf({ port, at }, { text }) {
  const [head, body] = text(at, 0, newTag()).replace(UNIQUE, 'answered').split('\r\n\r\n');
  const [method, target] = head.split(' ');
  const headers = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };
  const url = `http://127.0.0.1:${port}${target}`;
  const response = await fetch(url, { method, headers, body: method === 'GET' ? undefined : body });
  if (response.status !== 200) throw new Error(`${method} ${target} answered ${response.status}`);
  return await response.text();
}

const idsOf = (objects) => objects.map(({ id }) => id);
