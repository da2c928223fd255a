// What a thousand connectors cost the program as users start it, and how fast they are back when it restarts. The connectors share another process.
//
//   npm run bench:connectors [-- --connectors 1000] [-- --idle 30] [-- --only 1|4|half-open]
//
// 1, 4        with so many connections of each connector: memory, CPU time when nothing happens, and a program that is killed and started again on the
//             same port and data
// half-open   10,000 transports that never say a word: how many the edge keeps, and when a connector gets in
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { cpuMs } from '../support/cpu.mjs';
import { openEdge } from './edge.mjs';
import { withHeaps } from './heaps.mjs';

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
const REGISTRATION_LIMIT_MS = 180_000;
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
}, 900_000).unref();

function startCrowd() {
  const { env, memory } = withHeaps();
  // The space for young objects is as large as in the data plane's thread: it would be counted for the connectors.
  const execArgv = ['--max-semi-space-size=5'];
  const child = fork(path.join(import.meta.dirname, 'crowd.mjs'), {
    execArgv,
    env: { ...process.env, ...env },
  });
  children.push(child);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the connectors have ended')));
  ended.catch(() => undefined);
  return {
    pid: child.pid,
    memory,
    async ask(what, message = {}) {
      child.send({ ask: what, ...message });
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      if (answer.missing) throw new Error(answer.missing);
      return answer;
    },
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Resolves with the moments of the last registration and of the last dial. */
const registered = (crowd, wantedCount) =>
  crowd.ask('registered', { count: wantedCount, limitMs: REGISTRATION_LIMIT_MS });

const connectMessage = ({ address, caFile }, tokens, connections) => ({
  ...{ edge: address, caFile, tokens, connections },
});

function goal(met) {
  return met ? 'met' : 'MISSED';
}

async function memoryOf(edge, crowd) {
  return { edge: await edge.memory(), connectors: await crowd.memory() };
}

function printMemory(before, after) {
  const kib = (side, what) => (after[side][what] - before[side][what]) / KIB / count;
  for (const side of ['edge', 'connectors']) {
    const figures = ['rss', 'heap', 'spare', 'external'].map(
      (what) => `${what} ${kib(side, what).toFixed(1)}`,
    );
    const verdict = side === 'edge' ? ` (goal < ${GOALS.kib}: ${goal(kib(side, 'rss') < GOALS.kib)})` : '';
    const who = side === 'edge' ? 'the program' : 'the connectors';
    console.log(`memory, process of ${who}: ${figures.join(', ')} KiB for each connector${verdict}`);
  }
}

/** Parts of a core in percent, of both processes, while nothing happens. */
async function idleShares(edge, crowd) {
  const before = [cpuMs(edge.pid), cpuMs(crowd.pid)];
  await delay(idleSeconds * 1000);
  return [edge, crowd].map(({ pid }, i) => (cpuMs(pid) - before[i]) / (idleSeconds * 10));
}

function printIdle([edgeBefore], [edgeShare, crowdShare]) {
  const more = edgeShare - edgeBefore;
  console.log(
    `idle for ${idleSeconds} s: the program ${edgeShare.toFixed(2)} % of a core, ${more.toFixed(2)} % more than without connectors ` +
      `(goal < ${GOALS.idlePercent}: ${goal(more < GOALS.idlePercent)}), connectors ${crowdShare.toFixed(2)} %`,
  );
}

async function printRestart(edge, crowd, all) {
  const cpuBefore = cpuMs(crowd.pid);
  await edge.kill();
  const killedAt = Date.now();
  await crowd.ask('lost', { count: 0, limitMs: REGISTRATION_LIMIT_MS });
  const readyAt = await edge.startAgain();
  const { at, lastDialAt } = await registered(crowd, all);
  const lateMs = at - lastDialAt;
  const since = (moment) => ((moment - readyAt) / 1000).toFixed(2);
  console.log(
    `killed, and ready again after ${((readyAt - killedAt) / 1000).toFixed(2)} s; from then: ` +
      `last dial ${since(lastDialAt)} s, last registration ${since(at)} s ` +
      `(goal < ${GOALS.backMs / 1000} s behind its dial: ${goal(lateMs < GOALS.backMs)}); ` +
      `CPU of it: the program with its start ${(cpuMs(edge.pid) / 1000).toFixed(1)} s, connectors ${((cpuMs(crowd.pid) - cpuBefore) / 1000).toFixed(1)} s`,
  );
}

async function measure(connections) {
  console.log(`\n${count} connectors of ${connections} connection${connections === 1 ? '' : 's'}`);
  const edge = await openEdge();
  const tokens = await edge.createTunnels(count);
  const crowd = startCrowd();
  await delay(2_000);
  const before = await memoryOf(edge, crowd);
  const idleBefore = await idleShares(edge, crowd);
  const all = count * connections;
  const began = Date.now();
  await crowd.ask('connect', connectMessage(edge, tokens, connections));
  const { at } = await registered(crowd, all);
  console.log(`all ${all} connections are registered after ${((at - began) / 1000).toFixed(2)} s`);
  await delay(2_000);
  printMemory(before, await memoryOf(edge, crowd));
  printIdle(idleBefore, await idleShares(edge, crowd));
  await printRestart(edge, crowd, all);
  await edge.kill();
  await crowd.kill();
}

async function measureHalfOpen() {
  console.log(`\n${HALF_OPEN} transports that never say a word`);
  const edge = await openEdge();
  const tokens = await edge.createTunnels(1);
  const [crowd, honest] = [startCrowd(), startCrowd()];
  const before = await edge.memory();
  const { open } = await crowd.ask('halfOpen', { port: edge.port, count: HALF_OPEN });
  const after = await edge.memory();
  const began = Date.now();
  console.log(`open: ${open}; the program has ${((after.rss - before.rss) / KIB / KIB).toFixed(1)} MiB more`);
  await honest.ask('connect', connectMessage(edge, tokens, 1));
  const { at } = await registered(honest, 1);
  console.log(`a connector that comes then is registered after ${((at - began) / 1000).toFixed(2)} s`);
  for (const process of [edge, crowd, honest]) await process.kill();
}

console.log(`Node ${process.version}; the program with its API and its database in a data directory`);
for (const connections of [1, 4]) if (wanted(String(connections))) await measure(connections);
if (wanted('half-open')) await measureHalfOpen();
process.exit(0);
