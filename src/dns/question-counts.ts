import { createSeriesTable, type SeriesReport } from '../live/series-table.js';
import type { OnAnswered } from './responder.js';
import { RCODE, RECORD_TYPE } from './wire.js';

/** Questions by their type and the code of their answer, both in words; anybody may ask for any type, so the rest is `other`. */
export function createQuestionCounts(): { readonly add: OnAnswered; report(): SeriesReport } {
  const table = createSeriesTable({ labels: 2, values: 1, limit: 200, names: 0 });
  const nameOf = (names: Readonly<Record<string, number>>) => {
    const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name]));
    return (number: number | null) => (number === null ? '' : (byNumber.get(number) ?? 'other'));
  };
  const typeOf = nameOf(RECORD_TYPE);
  const codeOf = nameOf(RCODE);
  return {
    add: (type, rcode) => {
      table.of([typeOf(type), codeOf(rcode)])[0]! += 1;
    },
    report: table.report,
  };
}
