import type { LookupAddress } from 'node:dns';
import { expect, test } from 'vitest';
import { createResolver } from '../../src/tunnel/egress/direct.js';
import { createFakeClock } from '../support/fake-clock.js';

const FOUND: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];
const CACHED = { fresh: false };

/** A resolver whose look-ups the test answers. */
function start() {
  const clock = createFakeClock();
  const asked: { name: string; answer: (addresses: LookupAddress[]) => void; fail: () => void }[] = [];
  const resolver = createResolver(
    clock,
    (name) =>
      new Promise((answer, reject) => {
        asked.push({ name, answer, fail: () => reject(new Error('not found')) });
      }),
  );
  return { clock, resolver, asked };
}

test('concurrent look-ups of a name are one, fresh or not', async () => {
  const { resolver, asked } = start();
  const answers = [CACHED, CACHED, { fresh: true }].map((options) => resolver.resolve('a.example', options));
  expect(asked).toHaveLength(1);
  asked[0]?.answer(FOUND);
  expect(await Promise.all(answers)).toEqual([FOUND, FOUND, FOUND]);
});

test('what a fresh look-up has found serves the others', async () => {
  const { resolver, asked } = start();
  const first = resolver.resolve('a.example', { fresh: true });
  asked[0]?.answer(FOUND);
  await first;
  expect(await resolver.resolve('a.example', CACHED)).toEqual(FOUND);
  expect(asked).toHaveLength(1);
});

test('a failure is remembered for one second', async () => {
  const { clock, resolver, asked } = start();
  const first = resolver.resolve('a.example', CACHED);
  asked[0]?.fail();
  await expect(first).rejects.toThrow('not found');
  clock.advance(999);
  await expect(resolver.resolve('a.example', CACHED)).rejects.toThrow('not found');
  clock.advance(1);
  resolver.resolve('a.example', CACHED);
  expect(asked).toHaveLength(2);
});

test('the names that are remembered are bounded, and the oldest goes first', async () => {
  const { resolver, asked } = start();
  for (let at = 0; at <= 1_000; at += 1) {
    const answer = resolver.resolve(`${at}.example`, CACHED);
    asked.at(-1)?.answer(FOUND);
    await answer;
  }
  await resolver.resolve('1.example', CACHED);
  expect(asked).toHaveLength(1_001);
  resolver.resolve('0.example', CACHED);
  expect(asked).toHaveLength(1_002);
});
