import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import { tokensOf } from '../../src/expressions/lexer.js';
import { literalPieces, matchesPieces } from '../../src/expressions/operators.js';
import { parse } from '../../src/expressions/parser.js';
import type { Token } from '../../src/expressions/types.js';
import { httpRequest } from './requests.js';

const KIB64 = 64 * 1024;

/** Repetitions of `piece` between `head` and `tail`, as many as make about `size` characters. */
const filled = (size: number, piece: string, head = '', tail = '') =>
  head + piece.repeat(Math.floor((size - head.length - tail.length) / piece.length)) + tail;

/** How often the parser looks at a token. */
function looks(text: string): number {
  let count = 0;
  const counted = new Proxy(tokensOf(text), {
    get(tokens: Token[], key, receiver) {
      count++;
      return Reflect.get(tokens, key, receiver);
    },
  });
  try {
    parse(counted);
  } catch {
    // How far it came is what is counted.
  }
  return count;
}

test.each([
  ['or', (size: number) => filled(size, 'true or ', '', 'true')],
  ['and, xor and or', (size: number) => filled(size, 'true and false xor true or ', '', 'true')],
  ['groups', (size: number) => filled(size, '((true)) or ', '', 'true')],
  ['sets', (size: number) => filled(size, '"a" ', 'http.host in {', '}')],
  ['arguments', (size: number) => filled(size, '"a", ', 'concat(', '"a") eq "b"')],
  ['calls', (size: number) => filled(size, 'any(lower(a[*])[*] eq "b") or ', '', 'true')],
  ['open groups', (size: number) => filled(size, '(')],
  ['open calls', (size: number) => filled(size, 'f(')],
])('the parser looks at each token a bounded number of times: %s', (_name, make) => {
  const [small, large] = [make(2000), make(4000)];
  expect(looks(small)).toBeLessThanOrEqual(20 * tokensOf(small).length);
  expect(looks(large)).toBeLessThanOrEqual(20 * tokensOf(large).length);
});

test('a wildcard searches once for each of its pieces, and never from further left than before', () => {
  const pieces = literalPieces(`${'*a'.repeat(1000)}*b`);
  const starts: number[] = [];
  const value = {
    length: KIB64,
    startsWith: (text: string) => text === '',
    endsWith: (text: string) => text === 'b',
    indexOf: (_text: string, at = 0) => {
      starts.push(at);
      return at;
    },
  };
  expect(matchesPieces(pieces, value)).toBe(true);
  expect(starts).toEqual(Array.from({ length: 1000 }, (_, index) => index));
});

const long = filled(KIB64, 'a', '', '!');

test.each([
  ['http.host matches "(a+)+$"', 'http.host matches "(a+)+$"', false],
  ['http.host matches "(a*)*b"', 'http.host matches "(a*)*b"', false],
  ['http.host matches "(a|aa)+$"', 'http.host matches "(a|aa)+$"', false],
  ['http.host matches "(.*a){12}$"', 'http.host matches "(.*a){12}$"', false],
  [
    'http.host matches "^(([a-z])+.)+[A-Z]([a-z])+$"',
    'http.host matches "^(([a-z])+.)+[A-Z]([a-z])+$"',
    false,
  ],
  ['http.host matches "(x+x+)+y"', 'http.host matches "(x+x+)+y"', false],
  ['http.host matches "a{0,30}a{0,30}!"', 'http.host matches "a{0,30}a{0,30}!"', true],
  ['http.host matches "(?mR)^(a|aa)+$"', 'http.host matches "(?mR)^(a|aa)+$"', false],
  ['http.host matches "(?u)\\b(\\pL+)+\\b$"', 'http.host matches "(?u)\\b(\\pL+)+\\b$"', false],
  ['http.host matches "(a{0,30}){2}!"', 'http.host matches "(a{0,30}){2}!"', true],
  ['a wildcard of many stars', `http.host wildcard "${'*a'.repeat(1000)}*b"`, false],
  ['a wildcard of pieces that nearly occur', `http.host wildcard "${'*aaaaaaab'.repeat(400)}"`, false],
  ['a text that nearly occurs', `http.host contains "${'a'.repeat(4000)}b"`, false],
  [
    'regex_replace(http.host, "(a+)+$", "") contains "!"',
    'regex_replace(http.host, "(a+)+$", "") contains "!"',
    true,
  ],
  ['url_decode(http.host, "r") contains "b"', 'url_decode(http.host, "r") contains "b"', false],
])('64 KiB are no hardship: %s', (_name, expression, holds) => {
  expect(compileExpression(expression).matches(httpRequest({ host: long }))).toBe(holds);
});

test('what decodes to another escape for ever is decoded a bounded number of times', () => {
  const host = `%${'25'.repeat(KIB64 / 2)}41`;
  const rest = `%${'25'.repeat(KIB64 / 2 - 10)}41`;
  const decoded = compileExpression('len(url_decode(http.host, "r")) ge 0');
  expect(decoded.matches(httpRequest({ host }))).toBe(true);
  const length = compileExpression(`len(url_decode(http.host, "r")) eq ${rest.length}`);
  expect(length.matches(httpRequest({ host }))).toBe(true);
});

test('a request has its arguments taken apart once, however many conditions ask for them', () => {
  const request = httpRequest();
  let reads = 0;
  Object.defineProperty(request.http, 'uri', {
    get() {
      reads++;
      return `/?${'a&'.repeat(1000)}`;
    },
  });
  for (let index = 0; index < 20; index++)
    compileExpression(
      `http.request.uri.args.names[${index}] eq "a" and any(http.request.uri.args["a"][*] eq "")`,
    ).matches(request);
  expect(reads).toBe(1);
});

test('what patterns do for one request is limited, and each request has its own limit', () => {
  const text = `a${'b'.repeat(3000)}c`;
  const condition = compileExpression('any(http.request.headers["x"][*] matches r"[ab]*a[ab]{3000}c$")');
  const seen = (...values: string[]) => condition.matches(httpRequest({ headers: { x: values } }));
  expect(seen(text)).toBe(true);
  // Four steps times bytes like the first: the last would match.
  expect(seen(...Array.from({ length: 4 }, () => 'b'.repeat(3000)), text)).toBe(false);
  expect(seen(text)).toBe(true);
});

test('several conditions about one request share its limit', () => {
  const text = `a${'b'.repeat(3000)}c`;
  const request = httpRequest({ headers: { x: [text] } });
  const answers = Array.from({ length: 3 }, (_, index) =>
    compileExpression(`http.request.headers["x"][0] matches r"[ab]*[ab]{${2900 + index}}c$"`).matches(
      request,
    ),
  );
  expect(answers).toEqual([true, false, false]);
});

test('a blank condition has blanks alone', () => {
  expect(compileExpression(' \t\r\n').matches(httpRequest())).toBe(true);
  for (const other of ['\ufeff', '\u00a0']) expect(() => compileExpression(other)).toThrow();
});
