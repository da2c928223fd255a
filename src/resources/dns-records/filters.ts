import type { ListQuery, WireDnsRecord } from './schema.js';

type Part = 'name' | 'content' | 'comment';
type Test = (record: WireDnsRecord) => boolean;

/** Records that the query asks for, in the order that it asks for: without one, as they came, oldest first. */
export function chosen<T>(all: readonly T[], query: ListQuery, recordOf: (one: T) => WireDnsRecord): T[] {
  const tests = testsOf(query);
  const fits = (record: WireDnsRecord) => {
    const found = query.match === 'any' && tests.length > 0 ? tests.some(pass) : tests.every(pass);
    return found && matchesSearch(record, query.search);
    function pass(test: Test): boolean {
      return test(record);
    }
  };
  const records = all.map((one) => ({ one, record: recordOf(one) })).filter(({ record }) => fits(record));
  const { order } = query;
  if (order) records.sort((a, b) => compare(a.record[order], b.record[order]));
  if (query.direction === 'desc') records.reverse();
  return records.map(({ one }) => one);
}

function testsOf(query: ListQuery): Test[] {
  const tests: (Test | false)[] = [
    query.type !== undefined && (({ type }) => type === query.type),
    query.proxied !== undefined && (({ proxied }) => proxied === query.proxied),
    ...(['name', 'content', 'comment'] as const).flatMap((part) => textTests(query, part)),
    query['comment.present'] !== undefined && (({ comment }) => comment !== null),
    query['comment.absent'] !== undefined && (({ comment }) => comment === null),
    tagTest(query),
  ];
  return tests.filter((test) => test !== false);
}

/** Case does not count. */
function textTests(query: ListQuery, part: Part): (Test | false)[] {
  const test = (wanted: string | undefined, fits: (value: string, wanted: string) => boolean): Test | false =>
    wanted !== undefined &&
    ((record) => record[part] !== null && fits(record[part].toLowerCase(), wanted.toLowerCase()));
  return [
    test(query[part], (value, wanted) => value === wanted),
    test(query[`${part}.exact`], (value, wanted) => value === wanted),
    test(query[`${part}.contains`], (value, wanted) => value.includes(wanted)),
    test(query[`${part}.startswith`], (value, wanted) => value.startsWith(wanted)),
    test(query[`${part}.endswith`], (value, wanted) => value.endsWith(wanted)),
  ];
}

/** What is asked of tags is one condition among the others, made of its own with `tag_match`. */
function tagTest(query: ListQuery): Test | false {
  const named = (tag: string, name: string) => tag.toLowerCase().split(':')[0] === name.toLowerCase();
  const { 'tag.present': present, 'tag.absent': absent, 'tag.exact': exact } = query;
  const tests: Test[] = [];
  if (present !== undefined) tests.push(({ tags }) => tags.some((tag) => named(tag, present)));
  if (absent !== undefined) tests.push(({ tags }) => !tags.some((tag) => named(tag, absent)));
  if (exact !== undefined)
    tests.push(({ tags }) => tags.some((tag) => tag.toLowerCase() === exact.toLowerCase()));
  if (tests.length === 0) return false;
  return (record) =>
    query.tag_match === 'any' ? tests.some((test) => test(record)) : tests.every((test) => test(record));
}

function matchesSearch({ name, content, comment }: WireDnsRecord, search: string | undefined): boolean {
  if (search === undefined) return true;
  const wanted = search.toLowerCase();
  return [name, content, comment ?? ''].some((text) => text.toLowerCase().includes(wanted));
}

function compare<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
