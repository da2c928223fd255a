import { expect, test } from 'vitest';
import { decodeToken } from '../../src/tunnel/connector/options.js';

const TUNNEL = '11111111-2222-4333-8444-555555555555';
const SECRET = Buffer.alloc(32, 7);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const GOOD = { a: 'account', t: TUNNEL, s: SECRET.toString('base64') };

test('a token is decoded, whatever the order of its keys and the space around it', () => {
  const expected = { accountTag: 'account', tunnelId: TUNNEL, secret: SECRET };
  expect(decodeToken(encode(GOOD))).toEqual(expected);
  expect(decodeToken(` ${encode({ s: GOOD.s, t: GOOD.t.toUpperCase(), a: GOOD.a, e: 'fed' })}\n`)).toEqual(
    expected,
  );
});

test.each([
  ['', 'it is empty'],
  ['"quoted"', 'not base64'],
  [encode(GOOD).slice(0, 40), 'cut off'],
  [encode([1]), 'does not hold an object'],
  [encode({ ...GOOD, a: '' }), '"a" must be the account id'],
  [encode({ ...GOOD, t: 'x' }), '"t" must be the UUID'],
  [encode({ ...GOOD, s: 5 }), '"s" must be the secret'],
  [encode({ ...GOOD, s: '' }), '"s" must be the secret'],
])('a bad token is explained, and not repeated: %s', (token, reason) => {
  expect(() => decodeToken(token)).toThrow(`invalid tunnel token: `);
  expect(() => decodeToken(token)).toThrow(reason);
  if (token !== '') expect(() => decodeToken(token)).not.toThrow(token);
});
