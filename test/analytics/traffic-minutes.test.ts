import { expect, onTestFinished, test } from 'vitest';
import { createTrafficMinutes } from '../../src/analytics/traffic-minutes.js';
import { createSettableClock } from '../../src/net/settable-clock.js';
import { createSeriesTable } from '../../src/state/series-table.js';

const LABELS = { labels: 5, values: 1, limit: 1_000, names: 3 };
const MINUTE = 60_000;

/** Counts of the data plane, and what is made of them. */
function bench(maxCounts?: number) {
  const clock = createSettableClock({ stoppedAt: 0 });
  const real = createSettableClock({ stoppedAt: 0 });
  const data = { counts: createSeriesTable(LABELS) };
  const minutes = createTrafficMinutes(clock, async () => data.counts.report(), {
    real,
    ...(maxCounts === undefined ? {} : { maxCounts }),
  });
  const count = (host: string, times: number, status = '200') => {
    data.counts.of([host, 'pool', 'origin', status, ''])[0]! += times;
  };
  const found = async () =>
    (await minutes.counts()).map(({ minute, host, count }) => [minute / MINUTE, host, count]);
  /** As a test moves the clock of a program. */
  const pass = (ms: number) => minutes.moved(async () => clock.advance(ms));
  onTestFinished(minutes.stop);
  return { clock, real, pass, data, count, found };
}

test('what was counted between two looks belongs to the minute, whatever its status', async () => {
  const { pass, count, found } = bench();
  count('a', 2);
  count('a', 1, '503');
  expect(await found()).toEqual([[0, 'a', 3]]);
  count('a', 1);
  await pass(MINUTE);
  count('a', 5);
  count('b', 1);
  expect(await found()).toEqual([
    [0, 'a', 4],
    [1, 'a', 5],
    [1, 'b', 1],
  ]);
});

test('counts that have begun anew are not taken for fewer', async () => {
  const { data, count, found } = bench();
  count('a', 7);
  await found();
  data.counts = createSeriesTable(LABELS);
  count('a', 2);
  expect(await found()).toEqual([[0, 'a', 9]]);
});

test('the oldest minutes go: after a day, and when there is too much', async () => {
  const { pass, count, found } = bench(3);
  for (const host of ['a', 'b']) {
    count(host, 1);
    await pass(MINUTE);
  }
  count('c', 1);
  count('d', 1);
  // Of four, the first minute had to go.
  expect(await found()).toEqual([
    [1, 'b', 1],
    [2, 'c', 1],
    [2, 'd', 1],
  ]);
  await pass(24 * 60 * MINUTE);
  expect(await found()).toEqual([]);
});

test('real time wakes it up at the end of each minute, and a year that passes at once does not', async () => {
  const { clock, real, pass, count, found } = bench();
  count('a', 1);
  real.advance(MINUTE);
  await found();
  expect([clock.pending, real.pending]).toEqual([0, 1]);
  await pass(365 * 24 * 60 * MINUTE + MINUTE / 2);
  // Half a minute is left of the one that it has come to.
  count('a', 5);
  real.advance(MINUTE / 2);
  expect(await found()).toEqual([[365 * 24 * 60, 'a', 5]]);
});
