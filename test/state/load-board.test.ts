import { expect, test } from 'vitest';
import { createLoadBoard } from '../../src/state/load-board.js';

test('requests and connections are counted apart, for each origin and for its pool', () => {
  const board = createLoadBoard();
  board.requestStarted('a', '1');
  board.requestStarted('a', '1');
  board.requestStarted('a', '2');
  board.requestStarted('b', '1');
  board.connectionOpened('a', '2');
  expect([board.outstanding('a', '1'), board.outstanding('a', '2'), board.outstanding('a')]).toEqual([
    2, 1, 3,
  ]);
  expect([board.connections('a', '1'), board.connections('a', '2'), board.connections('a')]).toEqual([
    0, 1, 1,
  ]);
  board.requestEnded('a', '1');
  board.connectionClosed('a', '2');
  expect([board.outstanding('a', '1'), board.outstanding('a'), board.connections('a')]).toEqual([1, 2, 0]);
  expect([board.outstanding('b', '1'), board.outstanding('b'), board.outstanding('c')]).toEqual([1, 1, 0]);
});

test('an end without a start never makes a count negative, and nobody hears of it', () => {
  const board = createLoadBoard();
  const heard: string[] = [];
  board.onChange((poolId, originKey) => heard.push(`${poolId}/${originKey}`));
  board.requestEnded('a', '1');
  board.requestStarted('a', '1');
  board.requestEnded('a', '2');
  board.connectionClosed('a', '1');
  board.requestEnded('a', '1');
  board.requestEnded('a', '1');
  expect([board.outstanding('a', '1'), board.outstanding('a')]).toEqual([0, 0]);
  expect(heard).toEqual(['a/1', 'a/1']);
});

test('a listener finds the new count', () => {
  const board = createLoadBoard();
  const seen: number[] = [];
  board.onChange((poolId, originKey) => seen.push(board.outstanding(poolId, originKey)));
  board.requestStarted('a', '1');
  board.requestStarted('a', '1');
  board.requestEnded('a', '1');
  expect(seen).toEqual([1, 2, 1]);
});
