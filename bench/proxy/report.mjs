// A workload's figures as a table, and its goals.
import { median, spread, table } from '../support/numbers.mjs';

/** Of each round, what Offramp takes in parts of what the other one does. */
export function ratios(results, other, figure = 'cpu') {
  const theirs = results.get(other);
  return results.get('offramp').map((round, i) => round[figure] / theirs[i][figure]);
}

export function tableOf(results) {
  const rows = [...results].map(([name, rounds]) => {
    const of = (figure, digits) => median(rounds.map((round) => round[figure])).toFixed(digits);
    return [
      name,
      of('cpu', 1),
      of('user', 1),
      of('kernel', 1),
      results.has('offramp') ? spread(ratios(results, name), 2) : '-',
      of('perSecond', 0),
      of('p50Ms', 2),
      of('p99Ms', 2),
    ];
  });
  const head = [
    '',
    'CPU us/request',
    'user',
    'kernel',
    'offramp/it [min-max]',
    'requests/s',
    'p50 ms',
    'p99 ms',
  ];
  return table([head, ...rows]);
}

/** One line for each goal whose contenders have worked; `missed` counts those that are not met. */
export function goalsOf({ title, goals }, results) {
  const judged = goals
    .filter(({ of }) => results.has('offramp') && results.has(of))
    .map((goal) => ({ ...goal, figure: median(ratios(results, goal.of)) }));
  const lines = judged.map(
    ({ of, most, figure }) =>
      `goal: ${title}, CPU time of a request at most ${most} of ${of}: ${figure.toFixed(2)} ${figure <= most ? 'met' : 'MISSED'}`,
  );
  return { lines, missed: judged.filter(({ most, figure }) => figure > most).length };
}
