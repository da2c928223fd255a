import { expect, test } from 'vitest';
import { isReadable, READERS } from '../../scripts/frame-readers.mjs';
import { randomOf } from '../../scripts/random-expressions.mjs';
import { inChunks, originals, randomFrame, repeated } from '../../scripts/random-frames.mjs';

const FRAMES = 5_000;

// `npm run fuzz:edge` does this with a million, and watches time and memory as well.
test.each(Object.entries(READERS))(
  '%s: thousands of damaged frames are read or malformed, and nothing else',
  (_, reader) => {
    let readable = 0;
    for (let seed = 1; seed <= FRAMES; seed += 1) {
      const random = randomOf(seed);
      const chunks = inChunks(random, randomFrame(random));
      try {
        if (isReadable(reader, chunks)) readable += 1;
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
