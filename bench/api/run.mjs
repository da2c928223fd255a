// The API of today's build beside that of another commit, a bare Fastify, Prism, and the database alone; `--help` tells more.
//
//   npm run bench:api -- [--against REF] [--database both] [--quick] [--json FILE]
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { MAIN } from '../support/offramp.mjs';
import { buildOf, CACHE, today } from '../support/old-build.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { answerOf, httpContender, startFilled } from './contenders.mjs';
import { startFloor } from './floor.mjs';
import { readOptions } from './options.mjs';
import { startBare, startPrism } from './peers.mjs';
import { floors, growth, oldAndNew, peers } from './report.mjs';
import { starter, startWork } from './starts.mjs';
import { takeTurns } from './turns.mjs';
import { FEW, PRISM_AT, REQUESTS, scaling } from './workloads.mjs';

const GOAL_POOLS = 10_000;

const options = readOptions();
if (options.clean) {
  rmSync(CACHE, { recursive: true, force: true });
  process.exit(0);
}
const began = performance.now();
const comparisons = [];
const skipped = [];
let old = null;
const current = today();
// What was started is ended, and temporary folders are removed, when the process exits.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    skip('ended before everything was measured');
    tell();
    process.exit(1);
  });
try {
  await measureAll();
} catch (error) {
  skip(`ended early: ${error.message}`);
  process.exitCode = 1;
}
tell();
process.exit();

async function measureAll() {
  old = buildOf(options.against, say);
  if (old.missing) skip(`old build left out: ${old.missing}`);
  const mains = { ...(old.missing ? {} : { old: old.main }), new: MAIN };
  const prism = options.parts.includes('requests') ? await startPrism(say) : null;
  if (prism?.missing) skip(`Prism left out: ${prism.missing}`);
  for (const database of options.databases) {
    const postgres = database === 'postgres' ? await startPostgres() : null;
    if (database === 'postgres' && !postgres)
      skip('PostgreSQL left out: there is no /usr/lib/postgresql/*/bin/initdb');
    else await measureOn(database, { mains, postgres, prism: prism?.missing ? null : prism });
  }
}

function tell() {
  const facts = {
    old: old?.commit ?? old?.missing ?? 'none yet',
    new: current,
    node: process.version,
    cores: os.availableParallelism(),
    disk: execFileSync('stat', ['-f', '-c', '%T', os.tmpdir()], { encoding: 'utf8' }).trim(),
    pools: options.pools,
    rounds: options.rounds,
    seconds: options.seconds,
    minutes: Number(((performance.now() - began) / 60_000).toFixed(1)),
  };
  console.log(report(facts));
  if (options.json)
    writeFileSync(options.json, `${JSON.stringify({ facts, skipped, comparisons }, null, 1)}\n`);
}

async function measureOn(database, { mains, postgres, prism }) {
  if (options.parts.includes('start')) {
    const contenders = await each(mains, (main) => starter(main, postgres));
    await compare(database, startWork(options.idleSeconds, database), contenders);
  }
  if (options.parts.includes('requests')) {
    const builds = await each(mains, (main) => startFilled(main, postgres, FEW, say));
    const floor = await startFloor(postgres);
    for (const work of REQUESTS) {
      const bare = work.peers ? await startBare(await answerOf(builds.new, work)) : null;
      await compare(database, work, {
        ...builds,
        ...(work.floor ? { floor } : {}),
        ...(bare ? { bare: httpContender({ ...bare, at: builds.new.at }) } : {}),
        ...(work.peers && prism ? { prism: httpContender({ ...prism, at: PRISM_AT }) } : {}),
      });
      bare?.stop();
    }
    floor.stop();
    await each(builds, (build) => build.stop());
  }
  if (options.parts.includes('scale')) {
    const builds = await each(mains, (main, name) =>
      startFilled(main, postgres, options.pools, (line) => say(`${database}: ${name}: ${line}`)),
    );
    // With fewer pools the old build has less to search.
    const goals = options.pools >= GOAL_POOLS ? { search: { most: 0.05 } } : {};
    for (const work of scaling(options.pools, goals)) await compare(database, work, builds);
    await each(builds, (build) => build.stop());
  }
}

async function compare(database, work, contenders) {
  say(`${database}: ${work.name} (${Object.keys(contenders).join(', ')})`);
  comparisons.push({ database, work, measured: await takeTurns(contenders, work, options) });
}

async function each(object, act) {
  const entries = Object.entries(object).map(async ([name, value]) => [name, await act(value, name)]);
  return Object.fromEntries(await Promise.all(entries));
}

function report(facts) {
  const { rounds, seconds, node, cores, disk, minutes } = facts;
  return [
    `old: ${facts.old}; new: ${current ?? 'this folder'}; Node ${node}, ${cores} cores, data on ${disk}, ${minutes} minutes`,
    `medians of ${rounds} rounds of ${seconds} s in turns; ratios are of each round: median [smallest-largest]`,
    oldAndNew(comparisons),
    peers(comparisons),
    section(
      'Begin, UPDATE and COMMIT on the database alone; its CPU time is with that of the server',
      floors,
    ),
    section('What an answer takes with very many pools, in parts of what it takes with a few', growth),
    skipped.join('\n') || null,
  ]
    .filter((part) => part !== null)
    .join('\n\n');
}

function section(title, make) {
  const text = make(comparisons);
  return text && `${title}:\n${text}`;
}

function skip(reason) {
  skipped.push(reason);
  say(reason);
}

function say(line) {
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
}
