// A workload's figures as a table, and its goals.
import { median, spread, table } from '../support/numbers.mjs';

/** Of each round, a figure of one contender in parts of that of another. */
export function ratios(results, one, other, figure = 'cpu') {
  const theirs = results.get(other);
  return results.get(one).map((round, i) => round[figure] / theirs[i][figure]);
}

const COLUMNS = [
  ['CPU us/request', ({ of }) => of('cpu', 1)],
  ['user', ({ of }) => of('user', 1)],
  ['kernel', ({ of }) => of('kernel', 1)],
];
const TIMES = [
  ['p50 ms', ({ of }) => of('p50Ms', 2)],
  ['p99 ms', ({ of }) => of('p99Ms', 2)],
];

/** Others beside Offramp. */
const BESIDE = [
  ...COLUMNS,
  ['offramp/it [min-max]', ({ name, compared }) => compared('offramp', name, 'cpu')],
  ['requests/s', ({ of }) => of('perSecond', 0)],
  ...TIMES,
];

/** Tunnels beside the direct way of the same build. */
const TUNNELS = [
  ...COLUMNS,
  ['connector us', ({ name, of }) => (name.includes('+') ? of('behind', 1) : '-')],
  ['requests/s', ({ of }) => of('perSecond', 0)],
  ['of direct [min-max]', ({ name, compared }) => compared(name, name.split('+')[0], 'perSecond')],
  ...TIMES,
];

export function tableOf(results) {
  const columns = [...results.keys()].some((name) => name.includes('+')) ? TUNNELS : BESIDE;
  const rows = [...results].map(([name, rounds]) => {
    const of = (figure, digits) => median(rounds.map((round) => round[figure])).toFixed(digits);
    const compared = (one, other, figure) =>
      results.has(one) && results.has(other) ? spread(ratios(results, one, other, figure), 2) : '-';
    return [name, ...columns.map(([, cell]) => cell({ name, of, compared }))];
  });
  return table([['', ...columns.map(([head]) => head)], ...rows]);
}

const NAMES = { cpu: 'CPU of a request', p99Ms: 'p99' };

/** One line for each goal whose contenders have worked; `missed` counts those that are not met. */
export function goalsOf({ title, goals }, results) {
  const judged = goals
    .map((goal) => ({ ours: 'offramp', figure: 'cpu', ...goal }))
    .filter(({ ours, of }) => results.has(ours) && results.has(of))
    .map((goal) => ({ ...goal, ratio: median(ratios(results, goal.ours, goal.of, goal.figure)) }));
  const lines = judged.map(
    ({ ours, of, most, figure, ratio }) =>
      `goal: ${title}: ${NAMES[figure]}, ${ours} / ${of} at most ${most}: ${ratio.toFixed(2)} ${ratio <= most ? 'met' : 'MISSED'}`,
  );
  return { lines, missed: judged.filter(({ most, ratio }) => ratio > most).length };
}
