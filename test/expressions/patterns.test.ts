import { beforeEach, expect, test } from 'vitest';
import {
  beginRequest,
  compilePattern,
  parseReplacement,
  patternBudget,
} from '../../src/expressions/regex/pattern.js';
import { PatternError } from '../../src/expressions/regex/syntax.js';
import { BYTES, PATTERNS, REFUSED } from './pattern-rows.js';
import { httpRequest } from './requests.js';

beforeEach(() => beginRequest(httpRequest()));

const compiled = (pattern: string) => compilePattern(pattern, patternBudget());

test.each(PATTERNS)('as Rust: what %s matches', (pattern, matches, misses) => {
  const { matches: holds } = compiled(pattern);
  const held = (texts: readonly string[]) => texts.map((text) => [text, holds(BYTES(text))]);
  expect(held(matches)).toEqual(matches.map((text) => [text, true]));
  expect(held(misses)).toEqual(misses.map((text) => [text, false]));
});

test.each(REFUSED)('as Rust: %s is refused, with a place in it', (pattern) => {
  let error: unknown;
  try {
    compiled(pattern);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(PatternError);
  const { offset, message } = error as PatternError;
  expect(offset).toBeGreaterThanOrEqual(0);
  expect(offset).toBeLessThanOrEqual(pattern.length);
  expect(message).not.toBe('');
});

/** `$1` and so on stand between bars. */
const replaced = (pattern: string, text: string, groups: number) =>
  compilePattern(pattern, patternBudget(), true).replaceFirst(
    BYTES(text),
    parseReplacement(Array.from({ length: groups + 1 }, (_, group) => `<\${${group}}>`).join(''), groups),
  );

test.each([
  ['(a+)(b?)', 'xaab', 2, 'x<aab><aa><b>'],
  ['(a+?)(b?)', 'xaab', 2, 'x<a><a><>ab'],
  ['(?U)(a+)', 'xaab', 1, 'x<a><a>ab'],
  ['(?:x)(?P<n>.)', 'ax\xffb', 1, 'a<x\xff><\xff>b'],
  ['(a)|(b)', 'cb', 2, 'c<b><><b>'],
  ['\\<(\\w+)\\>', '-go on', 1, '-<go><go> on'],
  ['(?mR)^(.*)$', '\r\nab\r\nc', 1, '<><>\r\nab\r\nc'],
  ['(?u)(\\b.)(.)', 'aé'.replace('é', '\xc3\xa9'), 2, '<a\xc3\xa9><a><\xc3\xa9>'],
  ['(a){1000}', 'a'.repeat(1000), 1, `<${'a'.repeat(1000)}><a>`],
  ['(?:a{1001})(b)', `${'a'.repeat(1001)}b`, 1, `<${'a'.repeat(1001)}b><b>`],
])('the groups of %s in %s', (pattern, text, groups, result) => {
  expect(replaced(pattern, text, groups)).toBe(result);
});

test('the classes of Unicode count, and the steps of all patterns together', () => {
  const budget = patternBudget();
  compilePattern('(?u)\\p{Lao}a', budget);
  expect(budget.unicodeClasses).toBe(99);
  compilePattern('(?u)[a\\w]', budget);
  expect(budget.unicodeClasses).toBe(97);
  compilePattern('[a\\w]', budget);
  expect(budget.unicodeClasses).toBe(97);
  expect(budget.steps).toBeLessThan(20_000);
  compilePattern('[a-z]{3000}', budget);
  expect(budget.steps).toBeLessThan(17_000);
  compilePattern('[a-z]{3900}', patternBudget());
  expect(() => compilePattern('[a-z]{4100}', patternBudget())).toThrow('it needs 4100 steps');
  expect(() => compilePattern('(?:[a-z]{4000}){4000}', patternBudget())).toThrow('steps for each byte');
});

test('what RE2 cannot look at is bounded too', () => {
  const kinds = String.raw`\<|\>|\b|\B|^|$|\b{start-half}|\b{end-half}`;
  expect(compiled(kinds).matches('a')).toBe(true);
  expect(() => compiled(`${kinds}|(?m)^`)).toThrow('it has 9 kinds of assertions, of at most 8');
});
