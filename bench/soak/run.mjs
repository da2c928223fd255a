// A long mix of good visitors, rude visitors, origins that go wrong and changes of the configuration, on loopback only. It
// fails when a good visitor gets one byte that is not its own, when memory grows, when sockets stay, or when Offramp ends.
//
//   npm run soak                      one minute
//   npm run soak -- --minutes 10

import { readArguments } from '../../scripts/support/arguments.mjs';
import { table } from '../support/numbers.mjs';
import { openLab } from './lab.mjs';
import { changes, connectors } from './operator.mjs';
import { Misdelivery } from './payload.mjs';
import {
  frameFlood,
  quitters,
  rapidReset,
  slowloris,
  smugglers,
  unlucky,
  upgraders,
} from './visitors/rude.mjs';
import { overHttp1, overHttp2 } from './visitors/whole.mjs';
import { openSockets, rssMiB } from './watch.mjs';

const { values } = readArguments(import.meta.filename, {
  options: { minutes: { type: 'string', default: '1', from: 0.1, to: 60, tells: 'how long visitors come' } },
});
const minutes = Number(values.minutes);

/** How many of each at once, and how many milliseconds each rests after a visit. */
const CAST = [
  ['good visitors, HTTP/1.1', overHttp1, 6, 5],
  ['good visitors, sessions', (lab, note) => overHttp1(lab, note, 'sticky'), 2, 5],
  ['good visitors, HTTP/2', overHttp2, 4, 5],
  ['who give up', quitters, 4, 20],
  ['slowloris', slowloris, 20, 100],
  ['smugglers', smugglers, 2, 50],
  ['with unlucky origins', unlucky, 8, 10],
  ['rapid reset', rapidReset, 1, 500],
  ['frame floods', frameFlood, 1, 500],
  ['WebSocket', upgraders, 4, 20],
  ['changes of configuration', changes, 1, 10],
  ['connectors', connectors, 1, 10],
];
/** Memory may grow by this factor between the second and the last quarter. */
const FLAT = 1.15;
/** Idle connections of clients are kept for 400 s (those to origins are ended before); after that only listeners and tunnels are left. */
const SETTLE_MS = 420_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const lab = await openLab();
const before = openSockets(lab.pid);
const end = performance.now() + minutes * 60_000;
const outcomes = new Map(CAST.map(([name]) => [name, new Map()]));
const wrong = [];
const memory = [];
let over = false;

async function visit(name, visitor, restMs) {
  const counts = outcomes.get(name);
  const note = (what) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const once = visitor(lab, note);
  while (!over) {
    try {
      await once();
    } catch (error) {
      note(`failed: ${error.message.slice(0, 60)}`);
      if (error instanceof Misdelivery || /let through|somebody|nobody/.test(error.message))
        wrong.push(`${name}: ${error.message}`);
    }
    await sleep(restMs);
  }
}

const visits = CAST.flatMap(([name, visitor, count, restMs]) =>
  Array.from({ length: count }, () => visit(name, visitor, restMs)),
);
const death = lab.died.then((how) => {
  if (!over) wrong.push(how);
  over = true;
});
while (!over && performance.now() < end) {
  await sleep(5_000);
  memory.push(rssMiB(lab.pid));
  const left = Math.max(0, Math.round((end - performance.now()) / 1000));
  process.stderr.write(
    `\r${left} s left, ${memory.at(-1).toFixed(0)} MiB, ${openSockets(lab.pid)} sockets, ${wrong.length} wrong   `,
  );
}
over = true;
await Promise.race([Promise.allSettled(visits), sleep(40_000)]);
await lab.endIdleConnections();
process.stderr.write('\nwaiting for the last connections to end …\n');
const quarter = (index) => {
  const part = memory.slice(
    Math.floor((memory.length * index) / 4),
    Math.ceil((memory.length * (index + 1)) / 4),
  );
  return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
};
const growth = quarter(3) / quarter(1);
let sockets = openSockets(lab.pid);
// The last connector stays: four connections.
for (const limit = performance.now() + SETTLE_MS; sockets > before + 4 && performance.now() < limit; ) {
  await sleep(1_000);
  sockets = openSockets(lab.pid);
}
const leaked = Math.max(0, sockets - before - 4);
const code = await lab.close();
await death;

const rows = [...outcomes].map(([name, counts]) => [
  name,
  [...counts.values()].reduce((sum, count) => sum + count, 0).toString(),
  [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 14)
    .map(([what, count]) => `${what} ${count}`)
    .join(', '),
]);
for (const [name, count, what] of rows) console.log(`${name.padEnd(26)}${count.padStart(8)}   ${what}`);
console.log(
  table([
    ['', 'found', 'limit'],
    ['answers of somebody else, requests let through', String(wrong.length), '0'],
    ['memory, last quarter against the second', growth.toFixed(2), String(FLAT)],
    ['memory, highest, MiB', Math.max(...memory).toFixed(0), ''],
    ['sockets left over', String(leaked), '0'],
    ['exit code', String(code), '0'],
  ]),
);
for (const one of wrong.slice(0, 20)) console.error(one);
// Less than four minutes say little about memory: the first ones still fill caches.
const grew = minutes >= 4 && growth > FLAT;
process.exit(wrong.length === 0 && !grew && leaked === 0 && code === 0 ? 0 : 1);
