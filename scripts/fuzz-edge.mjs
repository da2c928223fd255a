// Gives damaged frames to everything in the edge that reads what a stranger sends. Fails when anything but the errors for
// malformed messages is thrown, when one frame takes long, and when memory grows. Each frame has a seed of its own: the one after the other.
//
//   npm run fuzz:edge                                         a million frames, the same ones each time
//   npm run fuzz:edge -- --seed 7 --frames 5000000 --seconds 60
//   npm run fuzz:edge -- --seed 1234567 --frames 1            the frame that a violation names
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isReadable, READERS } from './frame-readers.mjs';
import { randomOf } from './random-expressions.mjs';
import { inChunks, randomFrame } from './random-frames.mjs';
import { BLOCK_READERS, FRAME_READERS, headerBlock, isReadableHttp2, randomHttp2 } from './random-http2.mjs';
import { readArguments } from './support/arguments.mjs';

/** What there is to read: how it is made, and who reads it. Another protocol of the edge is another row. */
const SUBJECTS = [
  { make: randomFrame, readers: READERS, isReadable },
  { make: randomHttp2, readers: FRAME_READERS, isReadable: isReadableHttp2 },
  { make: headerBlock, readers: BLOCK_READERS, isReadable: isReadableHttp2 },
];

/** CPU time that reading one frame may take, once everything is compiled: so much, and so much for each byte. */
const MOST_MS = 3;
const MOST_MS_PER_KIB = 0.2;
const MOST_HEAP_GROWTH_BYTES = 8 * 1024 * 1024;
/** Read before anything is measured: what compiles, compiles then. */
const WARM_UP_FRAMES = 5_000;

const { values: options } = readArguments(import.meta.filename, {
  options: {
    seed: { type: 'string', default: '1', tells: 'that of the first frame' },
    frames: { type: 'string', default: '1000000', from: 1, tells: 'how many' },
    seconds: { type: 'string', default: '600', from: 1, tells: 'how long at most' },
  },
});
const [seed, frames, seconds] = [options.seed, options.frames, options.seconds].map(Number);
if (![seed, frames, seconds].every(Number.isSafeInteger) || frames < 1 || seconds < 1) {
  console.error('--seed, --frames and --seconds must be integers, the last two at least 1');
  process.exit(2);
}

/** Rejections are looked at between two turns. */
const turn = () => new Promise(setImmediate);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
async function heapBytes() {
  for (let again = 0; again < 3; again += 1) {
    await turn();
    collect();
  }
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

const violations = [];
const counts = new Map();
let slowest = { ms: 0 };

function cpuMs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function tryFrame(subject, frameSeed, { timed }) {
  const random = randomOf(frameSeed);
  const bytes = subject.make(random);
  const chunks = inChunks(random, bytes);
  const most = MOST_MS + (MOST_MS_PER_KIB * bytes.length) / 1024;
  for (const [name, reader] of Object.entries(subject.readers)) {
    const count = counts.get(name) ?? { readable: 0, malformed: 0 };
    counts.set(name, count);
    try {
      const read = () => subject.isReadable(reader, chunks);
      let readable;
      let ms = cpuMs(() => {
        readable = read();
      });
      // A collection of garbage belongs to nobody: what takes long takes long each time.
      for (let again = 0; timed && again < 5 && ms > most; again += 1) ms = Math.min(ms, cpuMs(read));
      if (timed && ms > most) violation(frameSeed, name, bytes, `takes ${ms.toFixed(1)} ms`);
      if (timed && ms > slowest.ms) slowest = { ms, name, frameSeed, bytes: bytes.length };
      count[readable ? 'readable' : 'malformed'] += 1;
    } catch (error) {
      violation(frameSeed, name, bytes, String(error?.stack));
    }
  }
}

function violation(frameSeed, reader, bytes, what) {
  violations.push(
    `seed ${frameSeed}, ${reader}, ${bytes.length} bytes ${bytes.toString('hex', 0, 200)}: ${what}`,
  );
}

for (let i = 0; i < WARM_UP_FRAMES; i += 1)
  for (const subject of SUBJECTS) tryFrame(subject, i, { timed: false });
counts.clear();
const before = await heapBytes();
const began = performance.now();
const elapsed = () => (performance.now() - began) / 1000;
let done = 0;
while (done < frames && elapsed() < seconds && violations.length < 20) {
  for (const subject of SUBJECTS) tryFrame(subject, seed + done, { timed: true });
  done += 1;
  if (done % 1_000 === 0) await turn();
}
const grown = (await heapBytes()) - before;
if (grown > MOST_HEAP_GROWTH_BYTES) violations.push(`memory has grown by ${(grown / 1024).toFixed(0)} KiB`);

console.log(`seed ${seed}: ${done} frames in ${elapsed().toFixed(1)} s`);
for (const [name, { readable, malformed }] of counts)
  console.log(
    `${name.padEnd(16)} ${String(readable).padStart(9)} readable ${String(malformed).padStart(9)} malformed`,
  );
console.log(
  `slowest: ${slowest.ms.toFixed(2)} ms of CPU for ${slowest.bytes} bytes (${slowest.name}, seed ${slowest.frameSeed})`,
);
console.log(`memory: ${(grown / 1024).toFixed(0)} KiB more after it than before`);
for (const one of violations) console.error(`VIOLATION ${one}`);
console.log(`\n${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);
