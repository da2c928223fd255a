import { expect, test } from 'vitest';
import { createSeriesTable, type SeriesReport } from '../../src/state/series-table.js';

const shown = ({ labels, labelsEach, values, valuesEach }: SeriesReport) =>
  Object.fromEntries(
    Array.from({ length: values.length / valuesEach }, (_, i) => [
      labels.slice(i * labelsEach, (i + 1) * labelsEach).join(' '),
      [...values.slice(i * valuesEach, (i + 1) * valuesEach)],
    ]),
  );

test('each set of labels has numbers of its own', () => {
  const table = createSeriesTable({ labels: 2, values: 2, limit: 10, names: 1 });
  table.of(['a', '200'])[0]! += 1;
  table.of(['a', '500'])[0]! += 1;
  table.of(['a', '200'])[1]! += 5;
  expect(shown(table.report())).toEqual({ 'a 200': [1, 5], 'a 500': [1, 0] });
});

test('beyond the limit names are other, what is known goes on, and it is told how often', () => {
  const table = createSeriesTable({ labels: 2, values: 1, limit: 2, names: 1 });
  for (let i = 0; i < 1_000; i += 1) table.of([`host-${i}`, i % 2 === 0 ? '200' : '500'])[0]! += 1;
  table.of(['host-0', '200'])[0]! += 1;
  const report = table.report();
  expect(shown(report)).toEqual({
    'host-0 200': [2],
    'host-1 500': [1],
    'other 200': [499],
    'other 500': [499],
  });
  expect(report.folded).toBe(998);
});

test('there is a limit to the others as well', () => {
  const table = createSeriesTable({ labels: 2, values: 1, limit: 1, names: 1 });
  for (let i = 0; i < 5_000; i += 1) table.of(['name', `${i}`])[0]! += 1;
  const { values } = table.report();
  expect(values.length).toBeLessThanOrEqual(1_002);
  expect(values.reduce((sum, value) => sum + value)).toBe(5_000);
});

test('what is gone leaves when nobody has counted in it since the last look, or at once', () => {
  const table = createSeriesTable({ labels: 1, values: 1, limit: 10, names: 1 });
  for (const name of ['stays', 'gone']) table.of([name])[0]! += 1;
  const isGone = ([name]: readonly string[]) => name === 'gone';
  table.forget(isGone);
  expect(shown(table.report())).toEqual({ stays: [1], gone: [1] });
  table.of(['gone'])[0]! += 1;
  table.forget(isGone);
  expect(shown(table.report())).toEqual({ stays: [1], gone: [2] });
  table.forget(isGone);
  expect(shown(table.report())).toEqual({ stays: [1] });
  table.of(['gone'])[0]! += 1;
  table.forget(isGone, { evenInUse: true });
  expect(shown(table.report())).toEqual({ stays: [1] });
  table.of(['stays'])[0]! += 1;
  expect(shown(table.report())).toEqual({ stays: [2] });
});
