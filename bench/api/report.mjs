// What was found, as lines of text: old and new with their ratio and its goal, then the peers, the database alone, and what
// grows with the number of pools.
import { median, spread, table } from '../support/numbers.mjs';
import { ratios } from './turns.mjs';

/** How a figure is called and with how many digits it is printed. */
const FIGURES = {
  perSecond: ['requests a second', 0],
  p50: ['p50 ms', 2],
  p99: ['p99 ms', 2],
  cpu: ['CPU ms, the program', 3],
  total: ['CPU ms, with the database server', 3],
  firstCpuMs: ['CPU ms to ready, empty directory', 0],
  againCpuMs: ['CPU ms to ready, again', 0],
  readyMs: ['ms to ready, again', 0],
  idleMiB: ['idle memory MiB (RSS)', 1],
};
/** Where the program has its database in itself, both would be the same. */
const ON_SERVER_ONLY = 'total';

/** Every comparison is `{ database, work, measured }`, as takeTurns answers it. */
export function oldAndNew(comparisons) {
  const rows = [['', 'old', 'new', 'new : old', 'goal', '']];
  for (const { database, work, measured } of comparisons) {
    for (const figure of work.figures) {
      if (figure === ON_SERVER_ONLY && database === 'embedded') continue;
      const [name, digits] = FIGURES[figure];
      const label = `${database}: ${work.name}, ${name}`;
      const middle = (who) => median(measured[who].map((round) => round[figure])).toFixed(digits);
      if (measured.old) {
        const found = ratios(measured, 'new', 'old', figure);
        rows.push([
          label,
          middle('old'),
          middle('new'),
          spread(found, 2),
          ...verdict(work.goals[figure], found),
        ]);
      } else rows.push([label, '-', middle('new'), '-', ...verdict(work.goals[figure], null)]);
    }
  }
  return table(rows);
}

/** One row for each peer of each request that has any. */
export function peers(comparisons) {
  const rows = [['', 'new /s', 'CPU ms', 'peer /s', 'CPU ms', 'new : peer', 'goal', '']];
  for (const { database, work, measured } of comparisons) {
    for (const [who, name, goal] of [
      ['bare', 'bare Fastify'],
      ['prism', 'Prism', { least: 1 }],
    ]) {
      if (!measured[who]) continue;
      const found = ratios(measured, 'new', who, 'perSecond');
      rows.push([
        `${database}: ${work.name}, beside ${name}`,
        ...ownFigures(measured.new),
        ...ownFigures(measured[who]),
        spread(found, 2),
        ...verdict(goal, found),
      ]);
    }
  }
  return rows.length > 1 ? table(rows) : null;
}

/** How near a change through the API comes to what the database alone can do. */
export function floors(comparisons) {
  const rows = [['', 'alone /s', 'CPU ms', 'new : alone', 'old : alone']];
  for (const { database, work, measured } of comparisons) {
    if (!measured.floor) continue;
    const share = (who) => (measured[who] ? spread(ratios(measured, who, 'floor', 'perSecond'), 3) : '-');
    rows.push([
      `${database}: ${work.name}`,
      ...ownFigures(measured.floor, 'total'),
      share('new'),
      share('old'),
    ]);
  }
  return rows.length > 1 ? table(rows) : null;
}

/** What an answer takes with very many pools, in parts of what it takes with a few. */
export function growth(comparisons) {
  const rows = [['', 'old', 'new']];
  const p50 = ({ measured }, who) => median(measured[who].map((round) => round.p50));
  for (const [at, many] of comparisons.entries()) {
    const few = comparisons
      .slice(0, at)
      .find(({ database, work }) => database === many.database && work.grows === many.work.grows);
    if (!many.work.grows || !few) continue;
    const share = (who) => (many.measured[who] ? (p50(many, who) / p50(few, who)).toFixed(2) : '-');
    rows.push([`${many.database}: ${many.work.name}`, share('old'), share('new')]);
  }
  return rows.length > 1 ? table(rows) : null;
}

function ownFigures(rounds, cpu = 'cpu') {
  const middle = (figure) => median(rounds.map((round) => round[figure]));
  return [middle('perSecond').toFixed(0), middle(cpu).toFixed(3)];
}

function verdict(goal, found) {
  if (!goal) return ['', ''];
  const [sign, limit] = goal.least === undefined ? ['<=', goal.most] : ['>=', goal.least];
  if (found === null) return [`${sign} ${limit}`, 'nothing to compare with'];
  const met = sign === '<=' ? median(found) <= limit : median(found) >= limit;
  return [`${sign} ${limit}`, met ? 'met' : 'NOT MET'];
}
