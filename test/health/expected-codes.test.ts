import { expect, test } from 'vitest';
import { parseExpectedCodes } from '../../src/health/probes/http.js';

test.each([
  ['200', [200], [201, 404]],
  ['2xx', [200, 299], [199, 300]],
  ['2XX', [204], [304]],
  [' 200 , 3xx,404 ', [200, 302, 404], [201, 400]],
])('"%s" accepts what it spells', (text, accepted, refused) => {
  const isExpected = parseExpectedCodes(text);
  expect(accepted.map((status) => isExpected?.(status))).toEqual(accepted.map(() => true));
  expect(refused.map((status) => isExpected?.(status))).toEqual(refused.map(() => false));
});

test.each(['', ' ', '20', '2000', '2x', '20x', 'xxx', '200,', ',200', '200 201', '200;201', '200-299'])(
  '"%s" is not a list of codes',
  (text) => {
    expect(parseExpectedCodes(text)).toBeNull();
  },
);
