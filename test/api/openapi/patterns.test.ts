import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  bothCases,
  everyOf,
  keepFlags,
  literalPattern,
  patternOneOf,
} from '../../../src/api/openapi/patterns.js';

test.each([
  ['^[a-z]{2}$', ['us', 'US', 'uS'], ['u1', 'usa']],
  ['^[0-9a-f]{4}-x\\x7e$', ['00ff-x~', 'FF0a-X~'].map((text) => text.slice(-7)), ['00fg-x~']],
  ['^[A-F]|\\d$', ['a', 'F', '7'], ['g', 'G']],
  ['^cf-[^a-m]+$', ['CF-z', 'cf-Z'], ['cf-b', 'cf-B']],
])('%s takes both cases where its flag is gone', (source, taken, refused) => {
  const pattern = new RegExp(bothCases(source));
  for (const text of taken) expect([text, pattern.test(text)]).toEqual([text, true]);
  for (const text of refused) expect([text, pattern.test(text)]).toEqual([text, false]);
});

test('a schema written out takes what the pattern with its flag takes', () => {
  const country = z.string().regex(/^[a-z]{2}$/i);
  const [lower, both] = [{}, { override: keepFlags }].map(
    (options) => (z.toJSONSchema(country, options) as { pattern: string }).pattern,
  );
  expect([new RegExp(lower!).test('US'), new RegExp(both!).test('US')]).toEqual([false, true]);
});

test('patterns of which every one must fit, and patterns of which one must', () => {
  const every = new RegExp(everyOf(['^[a-z@]+$', '^[^@]{1,3}@']));
  expect(['abc@d', 'abcd@e', 'abc'].map((text) => every.test(text))).toEqual([true, false, false]);
  const one = new RegExp(patternOneOf(['^a+$', literalPattern('1.5'), '^$']));
  expect(['aa', '1.5', '', '1x5', 'aa1.5'].map((text) => one.test(text))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
