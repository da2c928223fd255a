import { inAscii, isAscii } from '../../../net/hostnames.js';
import type { Account } from '../accounts/definition.js';
import type { Zone } from './definition.js';
import { type ListQuery, OPERATORS } from './fields.js';

interface ZoneWithAccount {
  readonly zone: Zone;
  readonly account: Account;
}
type Test = (one: ZoneWithAccount) => boolean;

/** The zones that the query asks for, in the order that it asks for: without one, oldest first. */
export function chosenZones(all: readonly ZoneWithAccount[], query: ListQuery): ZoneWithAccount[] {
  const tests = testsOf(query);
  const any = query.match === 'any' && tests.length > 0;
  const found = all.filter((one) =>
    any ? tests.some((fits) => fits(one)) : tests.every((fits) => fits(one)),
  );
  const keyOf = ORDERS[query.order ?? 'status'];
  const sign = query.direction === 'desc' ? -1 : 1;
  return found.sort(
    (a, b) =>
      sign * compare(keyOf(a), keyOf(b)) ||
      sign * compare(a.zone.createdOn, b.zone.createdOn) ||
      compare(a.zone.id, b.zone.id),
  );
}

const compare = <T extends string | Date>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

const ORDERS: Readonly<Record<NonNullable<ListQuery['order']>, (one: ZoneWithAccount) => string>> = {
  name: ({ zone }) => zone.name,
  'account.id': ({ account }) => account.id,
  'account.name': ({ account }) => account.name,
  // All zones have one status and one plan: there is nothing to order by.
  status: () => '',
  'plan.id': () => '',
};

function testsOf(query: ListQuery): Test[] {
  const tests: Test[] = [];
  const { name, type, status, 'account.id': accountId, 'account.name': accountName } = query;
  if (name !== undefined) {
    // Names of zones are stored as DNS has them: of other scripts whole labels are found.
    const fits = nameTest(name, (value) => (isAscii(value) ? value : inAscii(value) || value));
    tests.push(({ zone }) => fits(zone.name));
  }
  if (accountId !== undefined) tests.push(({ account }) => account.id === accountId);
  if (accountName !== undefined) {
    const fits = nameTest(accountName);
    tests.push(({ account }) => fits(account.name));
  }
  if (type !== undefined) tests.push(({ zone }) => type.includes(zone.values.type));
  // Zones here are active from the start: any other status matches none.
  if (status !== undefined && status !== 'active') tests.push(() => false);
  return tests;
}

/** `contains:example` and the like; without an operator the whole name is meant. */
function nameTest(text: string, asStored = (value: string) => value): (name: string) => boolean {
  const colon = text.indexOf(':');
  const operator = OPERATORS.find((name) => name === text.slice(0, colon));
  const wanted = asStored(operator ? text.slice(colon + 1) : text);
  return (name) => FITS[operator ?? 'equal'](name, wanted);
}

type Fits = (name: string, wanted: string) => boolean;
const anyCase =
  (fits: Fits): Fits =>
  (name, wanted) =>
    fits(name.toLowerCase(), wanted.toLowerCase());
const startsWith: Fits = (name, wanted) => name.startsWith(wanted);
const endsWith: Fits = (name, wanted) => name.endsWith(wanted);
const contains: Fits = (name, wanted) => name.includes(wanted);

const FITS: Readonly<Record<(typeof OPERATORS)[number], Fits>> = {
  equal: (name, wanted) => name === wanted,
  not_equal: (name, wanted) => name !== wanted,
  starts_with: anyCase(startsWith),
  ends_with: anyCase(endsWith),
  contains: anyCase(contains),
  starts_with_case_sensitive: startsWith,
  ends_with_case_sensitive: endsWith,
  contains_case_sensitive: contains,
};
