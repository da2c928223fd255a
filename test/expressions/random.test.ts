import { expect, test } from 'vitest';
import {
  mutatedExpression,
  noise,
  pick,
  randomOf,
  tokenSoup,
  validExpression,
} from '../../scripts/random-expressions.mjs';
import { compileExpression } from '../../src/expressions/compile.js';
import type { Facts } from '../../src/expressions/facts.js';
import { ExpressionError } from '../../src/expressions/types.js';
import { dnsQuery, httpRequest } from './requests.js';

const REQUESTS: Record<'http' | 'dns', readonly Facts[]> = {
  http: [
    httpRequest(),
    httpRequest(
      {
        host: 'a',
        uri: '/a/b?a=www.example.com&a=b&c',
        headers: { x: ['a', 'A"'], cookie: ['\xc3\xa9\xe2\x98\x81'] },
      },
      { clientIp: '::1' },
    ),
  ],
  dns: [
    dnsQuery(),
    dnsQuery({ type: 28, unicast: true, clientSubnet: '192.0.2.7' }, { clientIp: '10.0.0.1' }),
  ],
};
const every = [...REQUESTS.http, ...REQUESTS.dns];

/** Compiles and runs it; what is thrown must be an ExpressionError with a place in the text. Answers whether it compiled. */
function survives(text: string): boolean {
  try {
    const expression = compileExpression(text);
    for (const facts of every) expect(typeof expression.matches(facts)).toBe('boolean');
    return true;
  } catch (error) {
    if (!(error instanceof ExpressionError))
      throw new Error(`${JSON.stringify(text)} made ${error}`, { cause: error });
    expect(error.position).toBeGreaterThanOrEqual(0);
    expect(error.position).toBeLessThanOrEqual(text.length);
    expect(error.reason).not.toBe('');
    return false;
  }
}

test.each([
  ['tokens in no order', tokenSoup, 3000],
  ['right expressions that were damaged', mutatedExpression, 3000],
  ['any characters', noise, 1500],
])('%s are refused with an ExpressionError, or compile and run', (_name, make, count) => {
  const random = randomOf(20_260_101);
  let compiled = 0;
  for (let i = 0; i < count; i++) if (survives(make(random))) compiled++;
  expect(compiled).toBeLessThan(count);
});

test('right expressions compile, and combine as their parts do', () => {
  const random = randomOf(7);
  for (let i = 0; i < 500; i++) {
    const kind = pick(random, ['http', 'dns'] as const);
    const [a, b] = [validExpression(random, kind), validExpression(random, kind)];
    for (const facts of REQUESTS[kind]) {
      const holds = (text: string) => compileExpression(text).matches(facts);
      const [left, right] = [holds(a), holds(b)];
      expect([a, b, holds(`not (${a})`)]).toEqual([a, b, !left]);
      expect([a, b, holds(`(${a}) and (${b})`)]).toEqual([a, b, left && right]);
      expect([a, b, holds(`(${a}) or (${b})`)]).toEqual([a, b, left || right]);
      expect([a, b, holds(`(${a}) xor (${b})`)]).toEqual([a, b, left !== right]);
    }
  }
});

test('a condition and its opposite never both hold for a request of the other kind', () => {
  const random = randomOf(11);
  for (let i = 0; i < 500; i++) {
    const [a, b] = [validExpression(random, 'http'), validExpression(random, 'dns')];
    for (const facts of every) {
      const holds = (text: string) => compileExpression(text).matches(facts);
      expect([a, b, holds(`not (${a}) and (${a})`)]).toEqual([a, b, false]);
      expect([a, b, holds(`(${a}) or (${b})`)]).toEqual([a, b, holds(a) || holds(b)]);
      expect([a, b, holds(`not not (${b})`)]).toEqual([a, b, holds(b)]);
    }
  }
});
