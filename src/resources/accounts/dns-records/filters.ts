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
    ...shadowTests(query),
  ];
  return tests.filter((test) => test !== false);
}

type Fits = (value: string, wanted: string) => boolean;

const FITS = {
  exact: (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
} satisfies Record<string, Fits>;
const WAYS = Object.keys(FITS) as (keyof typeof FITS)[];

/** Case does not count. */
function textTests(query: ListQuery, part: Part): (Test | false)[] {
  const test = (wanted: string | undefined, fits: Fits): Test | false =>
    wanted !== undefined &&
    ((record) => record[part] !== null && fits(record[part].toLowerCase(), wanted.toLowerCase()));
  return [test(query[part], FITS.exact), ...WAYS.map((way) => test(query[`${part}.${way}`], FITS[way]))];
}

/** What is asked of tags is one condition among the others, made of its own with `tag_match`. */
function tagTest(query: ListQuery): Test | false {
  const { 'tag.present': present, 'tag.absent': absent } = query;
  const tests: Test[] = [];
  if (present !== undefined) tests.push(({ tags }) => tags.some((tag) => isNamed(tag, present)));
  if (absent !== undefined) tests.push(({ tags }) => !tags.some((tag) => isNamed(tag, absent)));
  for (const way of WAYS) {
    const wanted = query[`tag.${way}`];
    if (wanted === undefined) continue;
    const [name, value] = nameAndValue(wanted);
    tests.push(({ tags }) =>
      tags.some((tag) => isNamed(tag, name) && FITS[way](nameAndValue(tag)[1], value)),
    );
  }
  if (tests.length === 0) return false;
  return (record) =>
    query.tag_match === 'any' ? tests.some((test) => test(record)) : tests.every((test) => test(record));
}

const isNamed = (tag: string, name: string) => nameAndValue(tag)[0] === name.toLowerCase();

/** Of `name:value`, or of a name alone, in lower case. */
function nameAndValue(tag: string): readonly [name: string, value: string] {
  const [name = '', ...value] = tag.toLowerCase().split(':');
  return [name, value.join(':')];
}

/** There are no NS records, and so none that shadows a name. */
function shadowTests({ shadowing_name, shadowed_by_name }: ListQuery): (Test | false)[] {
  const delegation = shadowed_by_name?.toLowerCase();
  return [
    shadowing_name !== undefined && (() => false),
    delegation !== undefined && (({ name }) => name === delegation || name.endsWith(`.${delegation}`)),
  ];
}

function matchesSearch({ name, content, comment }: WireDnsRecord, search: string | undefined): boolean {
  if (search === undefined) return true;
  const wanted = search.toLowerCase();
  return [name, content, comment ?? ''].some((text) => text.toLowerCase().includes(wanted));
}

function compare<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
