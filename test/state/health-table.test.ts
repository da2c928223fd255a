import { expect, test } from 'vitest';
import {
  createHealthBoard,
  createHealthReports,
  createHealthTable,
  type OriginHealth,
  type ShownChange,
  UNKNOWN_HEALTH,
} from '../../src/state/health-board.js';
import { createFakeClock } from '../support/fake-clock.js';

function bothEnds() {
  const board = createHealthBoard();
  const clock = createFakeClock();
  const table = createHealthTable();
  const sent: (readonly ShownChange[])[] = [];
  const send = (changes: readonly ShownChange[]) => {
    sent.push(changes);
    table.apply(changes);
  };
  return { board, clock, table, sent, reports: createHealthReports({ board, real: clock, send }) };
}

const up: OriginHealth = { ...UNKNOWN_HEALTH, state: 'healthy', rttMs: 1 };
const down: OriginHealth = { ...UNKNOWN_HEALTH, state: 'unhealthy', failureReason: 'TCP Timeout' };

test('what happens to origins at the same time is one report, with how they are then', () => {
  const { board, clock, table, sent } = bothEnds();
  board.set('p', 'a', up);
  board.set('p', 'a', down);
  board.set('q', 'b', up);
  expect(sent).toEqual([]);
  clock.advance(20);
  expect(sent).toHaveLength(1);
  expect(table.origin('p', 'a')).toEqual({ state: 'unhealthy', failureReason: 'TCP Timeout' });
  expect(table.origin('q', 'b')).toEqual({ state: 'healthy', failureReason: 'No failures' });
});

test('another reason is reported, another round trip is not', () => {
  const { board, table, sent, reports } = bothEnds();
  board.set('p', 'a', down);
  reports.flush();
  board.set('p', 'a', { ...down, checkedAt: 5, rttMs: 7 });
  reports.flush();
  expect(sent).toHaveLength(1);
  board.set('p', 'a', { ...down, failureReason: 'TLS protocol error' });
  reports.flush();
  expect(table.origin('p', 'a')?.failureReason).toBe('TLS protocol error');
});

test('an origin that nobody checks any more is forgotten', () => {
  const { board, table, reports } = bothEnds();
  board.set('p', 'a', up);
  reports.flush();
  board.remove('p', 'a');
  reports.flush();
  expect(table.origin('p', 'a')).toBeUndefined();
});
