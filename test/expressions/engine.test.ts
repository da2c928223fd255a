import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import { ExpressionError } from '../../src/expressions/types.js';
import { GROUPS } from './engine-rows.js';
import { httpRequest } from './requests.js';

/** As the proxy reads it: one character for each byte. */
const bytes = (text: string) => Buffer.from(text).toString('latin1');

function answerOf(expression: string, headers: Record<string, readonly string[]>): boolean | 'refused' {
  try {
    const compiled = compileExpression(expression);
    return compiled.matches(httpRequest({ uri: '/v1/a?x=1&y=2&x=3', headers }));
  } catch (error) {
    if (error instanceof ExpressionError) return 'refused';
    throw error;
  }
}

for (const { source, rows } of GROUPS)
  test.each(rows)(`${source}: %s is %s`, (expression, answer) => {
    const headers = { 'x-a': ['a', 'b', 'Ab'], 'x-b': ['b'], one: ['a'], none: [] };
    expect(answerOf(expression, headers)).toBe(answer);
  });

test('there are 150 rows about functions, arrays and missing values', () => {
  expect(GROUPS.flatMap(({ rows }) => rows).length).toBeGreaterThanOrEqual(150);
});

/** What a session with the engine itself showed to be otherwise here. */
test.each<[string, Record<string, string[]>, boolean | 'refused']>([
  ['all(http.request.headers["x-tenant"][*] == "a")', {}, true],
  ['not all(http.request.headers["x-tenant"][*] == "a")', {}, false],
  ['all(http.request.headers["x-tenant"][*] in {"a" "b"})', {}, true],
  ['all(lower(http.request.headers["x-tenant"][*])[*] == "a")', {}, true],
  ['all(starts_with(http.request.headers["x-tenant"][*], "a"))', {}, false],
  ['concat("u-", http.request.headers["x-a"][0]) eq "u-"', {}, true],
  ['any(not starts_with(http.request.headers["x-a"][*], "a"))', { 'x-a': ['b'] }, true],
  ['http.request.method in {}', {}, false],
  [
    'any(http.request.headers["x-a"][*] eq "a" or http.request.headers["x-a"][*] eq "b")',
    { 'x-a': ['a'] },
    'refused',
  ],
  ['any(starts_with(http.request.headers["x-a"][*], "a")[*])', { 'x-a': ['a'] }, 'refused'],
  ['concat(http.host) eq "www.example.com"', {}, 'refused'],
  ['concat(http.host, 1) eq "www.example.com1"', {}, 'refused'],
  ['http.request.headers["x-a"][0] matches "[a-z&&[^a]]"', { 'x-a': ['b'] }, true],
  ['http.request.headers["x-a"][0] matches "[x[yz]]"', { 'x-a': ['x'] }, true],
  ['http.request.headers["x-a"][0] matches "\\<go"', { 'x-a': ['go'] }, true],
  ['http.request.headers["x-a"][0] matches "(?u)\\p{Hangul}+"', { 'x-a': [bytes('한글')] }, true],
  ['http.request.headers["x-a"][0] matches "^..$"', { 'x-a': [bytes('é')] }, true],
  ['http.request.uri.path matches "/v{id}"', {}, 'refused'],
  ['http.request.uri.path matches "\\p{L}"', {}, 'refused'],
  ['http.request.uri.path matches "\\Q.\\E"', {}, 'refused'],
  ['http.request.uri.path matches "[[a]"', {}, 'refused'],
  ['http.request.uri.path matches "(?x) v 1"', {}, true],
  ['http.request.uri.path matches "\\u{76}1"', {}, true],
])('as the engine: %s with the headers %j is %s', (expression, headers, answer) => {
  expect(answerOf(expression, headers)).toBe(answer);
});
