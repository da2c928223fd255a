import { expect, test } from 'vitest';
import { createHealthBoard, UNKNOWN_HEALTH } from '../../src/state/health-board.js';

test('the version of a pool never falls, also when the pool is forgotten and when it comes back', () => {
  const board = createHealthBoard();
  const versions: number[] = [];
  const note = () => versions.push(board.versionOf('pool'));
  note();
  for (const key of ['a', 'b']) {
    board.set('pool', key, { ...UNKNOWN_HEALTH, state: 'healthy' });
    note();
  }
  for (const key of ['a', 'b']) {
    board.remove('pool', key);
    note();
  }
  board.set('pool', 'a', { ...UNKNOWN_HEALTH, state: 'unhealthy' });
  note();
  expect(versions).toEqual(versions.toSorted((one, other) => one - other));
  expect(new Set(versions).size).toBe(versions.length);
});
