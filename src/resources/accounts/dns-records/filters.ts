import { z } from 'zod';
import { flag, text } from '../../../api/text.js';
import type { DnsRecord } from './definition.js';
import { type RecordValues, type } from './fields.js';

const MATCHES = ['any', 'all'] as const;
const ORDERS = ['type', 'name', 'content', 'ttl', 'proxied'] as const;

/** As long as a comment may be; all filters together still fit into the head of a request, which has 16 KiB at most. */
const word = text(500).optional();

const WAYS = ['exact', 'contains', 'startswith', 'endswith'] as const;
type Way = (typeof WAYS)[number];

/** `name.exact` and the others of a part. */
const waysOf = <P extends string>(part: P) =>
  Object.fromEntries(WAYS.map((way) => [`${part}.${way}`, word])) as Record<`${P}.${Way}`, typeof word>;

export const filters = {
  type: type.optional(),
  name: word,
  ...waysOf('name'),
  content: word,
  ...waysOf('content'),
  comment: word,
  ...waysOf('comment'),
  'comment.present': word,
  'comment.absent': word,
  'tag.present': word,
  'tag.absent': word,
  ...waysOf('tag'),
  tag_match: z.enum(MATCHES).optional(),
  proxied: flag.optional(),
  search: word,
  shadowed_by_name: word,
  shadowing_name: word,
  match: z.enum(MATCHES).optional(),
  order: z.enum(ORDERS).optional(),
  direction: z.enum(['asc', 'desc']).optional(),
};

export type ListQuery = z.output<z.ZodObject<typeof filters>>;
type Part = 'name' | 'content' | 'comment';
type Test = (record: RecordValues) => boolean;

/** Records that the query asks for, in the order that it asks for: without one, as they came, oldest first. */
export function chosenRecords(all: readonly DnsRecord[], query: ListQuery): readonly DnsRecord[] {
  const tests = testsOf(query);
  const records = all.filter(({ values }) => {
    const passes = (test: Test) => test(values);
    const found = query.match === 'any' && tests.length > 0 ? tests.some(passes) : tests.every(passes);
    return found && matchesSearch(values, query.search);
  });
  const { order } = query;
  if (order) records.sort((a, b) => compare(a.values[order], b.values[order]));
  return query.direction === 'desc' ? records.reverse() : records;
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

const FITS: Readonly<Record<Way, Fits>> = {
  exact: (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
};

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

function matchesSearch({ name, content, comment }: RecordValues, search: string | undefined): boolean {
  if (search === undefined) return true;
  const wanted = search.toLowerCase();
  return [name, content, comment ?? ''].some((text) => text.toLowerCase().includes(wanted));
}

function compare<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
