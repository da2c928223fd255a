import { expect, test } from 'vitest';
import { Malformed } from '../../../src/proxy/head/malformed.js';
import { serializedFieldLines } from '../../../src/proxy/ingress/serialized-fields.js';
import { serialized } from '../../edge/fake-ingress.js';

test('fields come out one for one, in order, repeated ones apart', () => {
  const fields = ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Latin', 'caf\xe9', 'X-Empty', ''];
  expect(serializedFieldLines(serialized(fields))).toBe(
    'Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Latin: caf\xe9\r\nX-Empty: \r\n',
  );
});

test('nothing at all is no fields', () => {
  expect(serializedFieldLines('')).toBe('');
});

test('fields between edge and connector are nobody else’s', () => {
  const fields = ['CF-Int-Trace', '1', 'cf-cloudflared-response-meta', '{}', 'Cf-Proxy-X', '1', 'A', 'b'];
  expect(serializedFieldLines(serialized(fields))).toBe('A: b\r\n');
});

test.each([
  ['a line break in a value', serialized(['A', 'b\r\nSet-Cookie: c'])],
  ['a bare line feed in a value', serialized(['A', 'b\nc'])],
  ['a NUL in a value', serialized(['A', 'b\0'])],
  ['a space in a name', serialized(['A b', 'c'])],
  ['a colon in a name', serialized(['A:', 'c'])],
  ['an empty name', serialized(['', 'c'])],
  ['a pseudo-header', serialized([':status', '200'])],
  ['padding', 'QQ==:Yg=='],
  ['the other alphabet', 'Q_-:Yg'],
  ['white space', 'Q Q:Yg'],
  ['a length that base64 cannot have', 'QQQQQ:Yg'],
  ['a pair without a colon', 'QQ'],
  ['a pair with two colons', 'QQ:Yg:Yg'],
  ['an empty pair', 'QQ:Yg;;QQ:Yg'],
  ['a semicolon at the end', 'QQ:Yg;'],
])('%s is refused', (_, value) => {
  expect(() => serializedFieldLines(value)).toThrow(Malformed);
});
