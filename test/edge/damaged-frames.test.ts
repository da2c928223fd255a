import { expect, test } from 'vitest';
import { isReadable, READERS, type Reader } from '../../scripts/frame-readers.mjs';
import { randomOf } from '../../scripts/random-expressions.mjs';
import { inChunks, originals, randomFrame, repeated } from '../../scripts/random-frames.mjs';
import {
  BLOCK_READERS,
  FRAME_READERS,
  headerBlock,
  isReadableHttp2,
  randomHttp2,
} from '../../scripts/random-http2.mjs';

const FRAMES = 5_000;

type Make = (random: () => number) => Buffer;
type IsReadable = typeof isReadable;
const SUBJECTS: [Readonly<Record<string, Reader>>, Make, IsReadable][] = [
  [READERS, randomFrame, isReadable],
  [FRAME_READERS, randomHttp2, isReadableHttp2],
  [BLOCK_READERS, headerBlock, isReadableHttp2],
];
const CASES = SUBJECTS.flatMap(([readers, make, readable]) =>
  Object.entries(readers).map(([name, reader]) => [name, reader, make, readable] as const),
);

// `npm run fuzz:edge` does this with a million, and watches time and memory as well.
test.each(CASES)(
  '%s: thousands of damaged ones are read or malformed, and nothing else',
  (_, reader, make, isReadableBy) => {
    let readable = 0;
    for (let seed = 1; seed <= FRAMES; seed += 1) {
      const random = randomOf(seed);
      const chunks = inChunks(random, make(random));
      try {
        if (isReadableBy(reader, chunks)) readable += 1;
      } catch (error) {
        throw new Error(`seed ${seed}: ${Buffer.concat(chunks).toString('hex')}`, { cause: error });
      }
    }
    expect(readable).toBeGreaterThan(FRAMES / 10);
    expect(readable).toBeLessThan(FRAMES * 0.9);
  },
);

test('the frames of a real session are readable to all that reads messages', () => {
  for (const frame of originals) {
    for (const name of ['every pointer', 'RPC messages', 'registration'])
      expect(isReadable(READERS[name]!, [frame]), name).toBe(true);
  }
});

test('a registration of a few kilobytes that says the same thing a thousand times is not read to its end', () => {
  const pushed = () => isReadable(READERS['RPC server']!, [repeated(1_000, 500)]);
  expect(pushed()).toBe(false);
  // Few of them, that are short, are nothing special.
  expect(isReadable(READERS['RPC server']!, [repeated(2, 20)])).toBe(true);
});
