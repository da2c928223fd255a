import { GraphQLError } from 'graphql';

/** What can be asked of a row of a dataset: its name in GraphQL, its type, and how it is found. */
export type DatasetFields<Row> = Readonly<Record<string, DatasetField<Row>>>;

export interface DatasetField<Row> {
  readonly type: 'string' | 'Time' | 'uint8' | 'uint32';
  readonly of: (row: Row) => string | number;
  /** Of a row that is about a time with a length: the end of it, which is what must not be too early. */
  readonly until?: (row: Row) => string;
}

/** What stands behind the name of a field in a filter. */
const OPERATORS = ['', '_neq', '_gt', '_geq', '_lt', '_leq', '_in', '_notin', '_like', '_notlike'] as const;
type Operator = (typeof OPERATORS)[number];
type Value = string | number;

/** The input type of a dataset's filter, in GraphQL's schema language. */
export function filterType(name: string, fields: DatasetFields<never>): string {
  const lines = Object.entries(fields).flatMap(([field, { type }]) =>
    OPERATORS.filter((operator) => type === 'string' || !operator.endsWith('like')).map(
      (operator) => `${field}${operator}: ${operator.endsWith('in') ? `[${type}!]` : type}`,
    ),
  );
  return `input ${name} {\n${[...lines, `AND: [${name}!]`, `OR: [${name}!]`].join('\n')}\n}`;
}

/** The enumeration of what a dataset can be ordered by. */
export const orderType = (name: string, names: readonly string[]): string =>
  `enum ${name} {\n${names.flatMap((field) => [`${field}_ASC`, `${field}_DESC`]).join('\n')}\n}`;

/** The type of a dataset's rows, or of their dimensions. */
export const rowType = (name: string, fields: DatasetFields<never>, more: readonly string[] = []): string =>
  `type ${name} {\n${[...Object.entries(fields).map(([field, { type }]) => `${field}: ${type}!`), ...more].join('\n')}\n}`;

export type DatasetFilter = Readonly<Record<string, unknown>>;

/** Throws GraphQLError for a value that is none of its field's type. */
export function fitsFilter<Row>(fields: DatasetFields<Row>, filter: DatasetFilter): (row: Row) => boolean {
  const tests = Object.entries(filter).map(([name, wanted]): ((row: Row) => boolean) => {
    if (name === 'AND' || name === 'OR') {
      const parts = (wanted as DatasetFilter[]).map((part) => fitsFilter(fields, part));
      return (row) => (name === 'AND' ? parts.every((fits) => fits(row)) : parts.some((fits) => fits(row)));
    }
    const [field, operator] = partsOf(fields, name);
    return testOf(field, operator, wanted);
  });
  return (row) => tests.every((fits) => fits(row));
}

function partsOf<Row>(fields: DatasetFields<Row>, name: string): [DatasetField<Row>, Operator] {
  const whole = fields[name];
  if (whole) return [whole, ''];
  const at = name.lastIndexOf('_');
  return [fields[name.slice(0, at)]!, name.slice(at) as Operator];
}

function testOf<Row>(field: DatasetField<Row>, operator: Operator, wanted: unknown): (row: Row) => boolean {
  const { type, of } = field;
  if (operator === '_in' || operator === '_notin') {
    const values = new Set((wanted as Value[]).map((value) => comparable(type, value)));
    return (row) => values.has(comparable(type, of(row))) === (operator === '_in');
  }
  if (operator === '_like' || operator === '_notlike') {
    const pattern = likePattern(String(wanted));
    return (row) => pattern(String(of(row))) === (operator === '_like');
  }
  const value = comparable(type, wanted as Value);
  const from = (row: Row) => comparable(type, of(row));
  const until = (row: Row) => comparable(type, (field.until ?? of)(row));
  const tests: Readonly<Record<Exclude<Operator, `_${string}in` | `_${string}like`>, (row: Row) => boolean>> =
    {
      '': (row) => from(row) === value,
      _neq: (row) => from(row) !== value,
      _gt: (row) => until(row) > value,
      _geq: (row) => until(row) >= value,
      _lt: (row) => from(row) < value,
      _leq: (row) => from(row) <= value,
    };
  return tests[operator];
}

/** `%` stands for any text. One pass over the text, whatever the pattern. */
function likePattern(pattern: string): (text: string) => boolean {
  const [first, ...rest] = pattern.split('%') as [string, ...string[]];
  const last = rest.pop();
  return (text) => {
    if (last === undefined) return text === first;
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}

function comparable(type: DatasetField<never>['type'], value: Value): Value {
  if (type === 'string') return String(value);
  const number = type === 'Time' ? Date.parse(String(value)) : Number(value);
  if (Number.isNaN(number))
    throw new GraphQLError(
      `${JSON.stringify(value)} is not a ${type}, such as ${type === 'Time' ? '2030-01-31T12:00:00Z' : '1'}`,
    );
  return number;
}

/** By the first of `orderBy` that tells two rows apart. */
export function inOrder<Row>(
  orderBy: readonly string[],
  read: (row: Row, field: string) => Value,
): (a: Row, b: Row) => number {
  const orders = orderBy.map((order) => {
    const at = order.lastIndexOf('_');
    return { field: order.slice(0, at), sign: order.endsWith('_DESC') ? -1 : 1 };
  });
  return (a, b) => {
    for (const { field, sign } of orders) {
      const [left, right] = [read(a, field), read(b, field)];
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  };
}
