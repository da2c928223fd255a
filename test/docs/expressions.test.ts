import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compileExpression } from '../../src/expressions/compile.js';
import { FIELD_NAMES, fieldNamed } from '../../src/expressions/fields.js';
import { FUNCTION_NAMES } from '../../src/expressions/functions.js';
import type { Type } from '../../src/expressions/types.js';
import { dnsQuery, httpRequest } from '../expressions/requests.js';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/expressions.md'), 'utf8');
const examples = [...page.matchAll(/```txt\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!.trim().split('\n'),
);

test.each(examples)('the example %s compiles, and answers', (example) => {
  const expression = compileExpression(example);
  for (const facts of [httpRequest(), dnsQuery()]) expect(typeof expression.matches(facts)).toBe('boolean');
});

test('every function has an example', () => {
  const called = FUNCTION_NAMES.filter((name) => examples.some((example) => example.includes(`${name}(`)));
  expect(called).toEqual(FUNCTION_NAMES);
});

const TYPES: Record<string, Type> = {
  string: 'string',
  integer: 'integer',
  boolean: 'boolean',
  'IP address': 'ip',
  'array of strings': 'array<string>',
  'map of arrays of strings': 'map<array<string>>',
};
const KINDS: Record<string, 'http' | 'dns' | null> = { all: null, proxied: 'http', 'DNS-only': 'dns' };

test('the table of fields is the one of the program', () => {
  const rows = [...page.matchAll(/^\| `([a-z._]+)` \| ([^|]+) \| (all|proxied|DNS-only) \|$/gm)];
  expect(rows.map(([, name, type, of]) => ({ name, type: TYPES[type!], of: KINDS[of!] }))).toEqual(
    FIELD_NAMES.map((name) => ({ name, type: fieldNamed(name)!.type, of: fieldNamed(name)!.of })),
  );
});
