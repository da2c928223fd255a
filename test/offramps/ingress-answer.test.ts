import { expect, test } from 'vitest';
import { isConnectorField, originFields, whoAnswers } from '../../src/tunnel/egress/contract.js';
import { serialized } from '../edge/fake-ingress.js';

test('fields come out one for one, in order, repeated ones apart, byte by byte', () => {
  const fields = ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Latin', 'caf\xe9', 'X-Empty', ''];
  expect(originFields(serialized(fields)).flat()).toEqual(fields);
  expect(originFields('')).toEqual([]);
});

test('fields between edge and connector are nobody else’s', () => {
  const fields = ['CF-Int-Trace', '1', 'cf-cloudflared-response-meta', '{}', 'Cf-Proxy-X', '1', 'A', 'b'];
  expect(originFields(serialized(fields))).toEqual([['A', 'b']]);
  expect(['CF-Ray', 'cf-connecting-ip', 'x-cf-int-a'].filter(isConnectorField)).toEqual([]);
});

test.each([
  ['padding', 'QQ==:Yg=='],
  ['the other alphabet', 'Q_-:Yg'],
  ['white space', 'Q Q:Yg'],
  ['a length that base64 cannot have', 'QQQQQ:Yg'],
  ['a pair without a colon', 'QQ'],
  ['a pair without a name', ':Yg'],
  ['a pair with two colons', 'QQ:Yg:Yg'],
  ['an empty pair', 'QQ:Yg;;QQ:Yg'],
  ['a semicolon at the end', 'QQ:Yg;'],
])('serialized fields with %s are refused', (_, value) => {
  expect(() => originFields(value)).toThrow(SyntaxError);
});

test('a refusal says what is wrong and quotes nothing, which may be a secret', () => {
  for (const [value, message] of [
    ['U2V0LUNvb2tpZQ:c2VjcmV0PTE=', 'a part that is not base64 without padding, of 12 characters'],
    ['c2VjcmV0PTE', 'a pair without a name, of 11 characters'],
  ] as const)
    expect(() => originFields(value)).toThrow(
      new SyntaxError(`cf-cloudflared-response-headers has ${message}`),
    );
});

test('an answer says whether the origin speaks or the connector', () => {
  expect(whoAnswers('{"src":"origin"}')).toBe('origin');
  expect(whoAnswers('{"src":"cloudflared","flow_rate_limited":true}')).toBe('connector');
  for (const meta of [undefined, '', 'origin', 'null', '[]', '{"src":1}', '{"src":"else"}'])
    expect(() => whoAnswers(meta)).toThrow(SyntaxError);
});
