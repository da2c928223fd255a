// What a thousand connectors cost one edge, and how fast they are back when it restarts. The edge is one process, the
// connectors another one.
//
//   npm run bench:connectors [-- --connectors 1000] [-- --idle 30] [-- --only 1|4|half-open]
//
// 1, 4        with so many connections of each connector: memory of both processes, CPU time when nothing happens, and an
//             edge that is killed and started again on the same port
// half-open   10,000 transports that never say a word: how many the edge keeps, and when a connector gets in
import { fork } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority } from '../../dist/edge/authority.js';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMs } from '../support/cpu.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    connectors: { type: 'string', default: '1000', from: 1, tells: 'how many' },
    idle: { type: 'string', default: '30', from: 1, tells: 'seconds in which nothing happens' },
    only: { type: 'string', oneOf: ['1', '4', 'half-open'], tells: 'one part' },
  },
});
const [count, idleSeconds] = [Number(values.connectors), Number(values.idle)];
const wanted = (name) => values.only === undefined || values.only === name;
const HALF_OPEN = 10_000;
const ACCOUNT = '0123456789abcdef0123456789abcdef';
const REGISTRATION_LIMIT_MS = 90_000;
const KIB = 1024;
const GOALS = { kib: 100, backMs: 10_000, idlePercent: 2 };

const mostFiles = Math.max(wanted('half-open') ? HALF_OPEN : 0, count * (wanted('4') ? 4 : 1)) + 200;
const limit = Number(/Max open files +(\d+|unlimited)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
if (limit < mostFiles) {
  console.error(
    `${mostFiles} open files are needed, and ${limit} are allowed: run "ulimit -n ${mostFiles}" first`,
  );
  process.exit(2);
}

const children = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
setTimeout(() => {
  console.error('bench:connectors did not end in time');
  process.exit(1);
}, 420_000).unref();

function start(script) {
  // The space for young objects is as large as in the data plane's thread: it would be counted for the connectors.
  const execArgv = ['--expose-gc', '--max-semi-space-size=5'];
  const child = fork(path.join(import.meta.dirname, script), { execArgv });
  children.push(child);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${script} has ended`)));
  ended.catch(() => undefined);
  return {
    pid: child.pid,
    async ask(message) {
      child.send(message);
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      return answer;
    },
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const authority = await createAuthority();
const tunnels = Array.from({ length: count }, () => {
  const [id, secret] = [randomUUID(), randomBytes(32)];
  const json = JSON.stringify({ a: ACCOUNT, t: id, s: secret.toString('base64') });
  const secretSha256 = createHash('sha256').update(secret).digest('hex');
  const live = { id, accountId: ACCOUNT, name: id, secretSha256, configuration: null };
  return { live, token: Buffer.from(json).toString('base64') };
});

async function startEdge(port = 0) {
  const edge = start('edge.mjs');
  const live = tunnels.map((tunnel) => tunnel.live);
  return { ...edge, ...(await edge.ask({ authority, tunnels: live, port })) };
}

/** Resolves with the moment of the last registration when the edge has so many connections. */
async function registered(edge, wantedCount) {
  const deadline = Date.now() + REGISTRATION_LIMIT_MS;
  for (;;) {
    const { connections, lastOpenedAt } = await edge.ask('state');
    if (connections >= wantedCount) return lastOpenedAt;
    if (Date.now() > deadline) throw new Error(`${connections} of ${wantedCount} connections are registered`);
    await delay(50);
  }
}

const connectMessage = (edge, tokens, connections) => ({
  ...{ ask: 'connect', edge: `127.0.0.1:${edge.port}`, ca: authority.caCertificate },
  ...{ tokens, connections },
});

function goal(met) {
  return met ? 'met' : 'MISSED';
}

async function memoryOf(edge, crowd) {
  return { edge: await edge.ask('memory'), connectors: await crowd.ask({ ask: 'memory' }) };
}

function printMemory(before, after) {
  const kib = (side, what) => (after[side][what] - before[side][what]) / KIB / count;
  for (const side of ['edge', 'connectors']) {
    const figures = ['rss', 'heap', 'spare', 'external'].map(
      (what) => `${what} ${kib(side, what).toFixed(1)}`,
    );
    const verdict = side === 'edge' ? ` (goal < ${GOALS.kib}: ${goal(kib(side, 'rss') < GOALS.kib)})` : '';
    console.log(`memory, process of the ${side}: ${figures.join(', ')} KiB for each connector${verdict}`);
  }
}

async function printIdle(edge, crowd) {
  await delay(2_000);
  const before = [cpuMs(edge.pid), cpuMs(crowd.pid)];
  await delay(idleSeconds * 1000);
  const [edgeShare, crowdShare] = [edge, crowd].map(
    ({ pid }, i) => (cpuMs(pid) - before[i]) / (idleSeconds * 10),
  );
  console.log(
    `idle for ${idleSeconds} s: edge ${edgeShare.toFixed(2)} % of a core (goal < ${GOALS.idlePercent}: ` +
      `${goal(edgeShare < GOALS.idlePercent)}), connectors ${crowdShare.toFixed(2)} %`,
  );
}

async function printRestart(edge, crowd, all) {
  const cpuBefore = cpuMs(crowd.pid);
  await edge.kill();
  const killedAt = Date.now();
  const second = await startEdge(edge.port);
  const lastRegisteredAt = await registered(second, all);
  const { lastDialAt } = await crowd.ask({ ask: 'dialled' });
  const lateMs = lastRegisteredAt - lastDialAt;
  const since = (at) => ((at - second.at) / 1000).toFixed(2);
  console.log(
    `edge killed, and listening again after ${((second.at - killedAt) / 1000).toFixed(2)} s; from then: ` +
      `last dial ${since(lastDialAt)} s, last registration ${since(lastRegisteredAt)} s ` +
      `(goal < ${GOALS.backMs / 1000} s behind its dial: ${goal(lateMs < GOALS.backMs)}); ` +
      `CPU of it: edge ${(cpuMs(second.pid) / 1000).toFixed(1)} s, connectors ${((cpuMs(crowd.pid) - cpuBefore) / 1000).toFixed(1)} s`,
  );
  await second.kill();
}

async function measure(connections) {
  console.log(`\n${count} connectors of ${connections} connection${connections === 1 ? '' : 's'}`);
  const [edge, crowd] = [await startEdge(), start('crowd.mjs')];
  const before = await memoryOf(edge, crowd);
  const all = count * connections;
  const began = Date.now();
  await crowd.ask(
    connectMessage(
      edge,
      tunnels.map(({ token }) => token),
      connections,
    ),
  );
  const lastAt = await registered(edge, all);
  console.log(`all ${all} connections are registered after ${((lastAt - began) / 1000).toFixed(2)} s`);
  printMemory(before, await memoryOf(edge, crowd));
  await printIdle(edge, crowd);
  await printRestart(edge, crowd, all);
  await crowd.kill();
}

async function measureHalfOpen() {
  console.log(`\n${HALF_OPEN} transports that never say a word`);
  const [edge, crowd, honest] = [await startEdge(), start('crowd.mjs'), start('crowd.mjs')];
  const before = await edge.ask('memory');
  const { open } = await crowd.ask({ ask: 'halfOpen', port: edge.port, count: HALF_OPEN });
  const after = await edge.ask('memory');
  const began = Date.now();
  console.log(`open: ${open}; the edge has ${((after.rss - before.rss) / KIB / KIB).toFixed(1)} MiB more`);
  await honest.ask(connectMessage(edge, [tunnels[0].token], 1));
  const at = await registered(edge, 1);
  console.log(`a connector that comes then is registered after ${((at - began) / 1000).toFixed(2)} s`);
  for (const process of [edge, crowd, honest]) await process.kill();
}

console.log(`Node ${process.version}; the edge alone, without API and proxy`);
for (const connections of [1, 4]) if (wanted(String(connections))) await measure(connections);
if (wanted('half-open')) await measureHalfOpen();
process.exit(0);
