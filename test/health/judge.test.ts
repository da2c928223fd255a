import { expect, test } from 'vitest';
import { applyResult, CUT_OFF, NO_STREAK } from '../../src/health/verdict.js';

/** The states after each result: `+` passes, `-` fails. */
function states(results: string, consecutiveUp: number, consecutiveDown: number, first = NO_STREAK): string {
  let streak = first;
  return [...results]
    .map((result) => {
      streak = applyResult(streak, result === '+', { consecutiveUp, consecutiveDown });
      return { unknown: '?', healthy: 'H', unhealthy: 'U' }[streak.state];
    })
    .join('');
}

test.each([
  ['one result decides by default', '+-+', 0, 0, 'HUH'],
  ['one behaves as zero', '+-+', 1, 1, 'HUH'],
  ['three failures in a row turn a healthy origin', '+---', 0, 3, 'HHHU'],
  ['a pass in between resets the failures', '+--+--+---', 0, 3, 'HHHHHHHHHU'],
  ['two passes in a row turn an unhealthy origin', '-++', 2, 0, 'UUH'],
  ['a failure in between resets the passes', '-+-+-++', 2, 0, 'UUUUUUH'],
  ['an unknown origin needs its passes as well', '+++', 3, 0, '??H'],
  ['an unknown origin needs its failures as well', '---', 0, 3, '??U'],
  ['an unknown origin starts again at each opposite result', '+-+-++', 2, 2, '?????H'],
])('%s', (_rule, results, up, down, expected) => {
  expect(states(results, up, down)).toBe(expected);
});

test('an origin that was cut off comes back after its passes', () => {
  expect(states('++', 2, 0, CUT_OFF)).toBe('UH');
});
