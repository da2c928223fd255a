import type { Ip } from '../net/addresses.js';
import { patternText, stringBytes } from './lexer.js';
import {
  addressesOf,
  compareAddresses,
  type Interval,
  integerOf,
  integersOf,
  literalIp,
  mismatch,
  stringOf,
} from './literals.js';
import { compilePattern, type PatternBudget } from './regex/pattern.js';
import { PatternError } from './regex/syntax.js';
import {
  type ComparisonNode,
  describeType,
  type Element,
  ExpressionError,
  lowerBytes,
  type Operator,
  type Scalar,
  type ScalarType,
  textOfBytes,
} from './types.js';

/** Whether a value of the left side stands to the right side as the operator says. */
export type Test = (value: Scalar) => boolean;

const ORDER = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
} satisfies Partial<Record<Operator, (a: string | number, b: string | number) => boolean>>;

const OPERATORS_OF: Readonly<Record<ScalarType, readonly Operator[]>> = {
  string: ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'wildcard', 'strict wildcard', 'matches', 'in'],
  integer: ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'bitwise_and', 'in'],
  ip: ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in'],
  boolean: [],
};

/** What a comparison asks of values of the type on its left. Throws an ExpressionError where the types do not fit. */
export function testOf(comparison: ComparisonNode, type: ScalarType, budget: PatternBudget): Test {
  const { operator, operatorPosition, right } = comparison;
  if (type === 'boolean')
    throw new ExpressionError('a boolean is not compared: write it alone, or after not', operatorPosition);
  if (!OPERATORS_OF[type].includes(operator))
    throw new ExpressionError(
      `${operator} does not compare ${describeType(type)}, which has ${OPERATORS_OF[type].join(', ')}`,
      operatorPosition,
    );
  if (type === 'integer') return integerTest(operator, right) as Test;
  if (type === 'ip') return addressTest(operator, right) as Test;
  return stringTest(operator, right, budget) as Test;
}

/** Values are never so large that a literal of 64 bits loses its place among them as a number. */
function integerTest(operator: Operator, right: readonly Element[]): (value: number) => boolean {
  if (operator === 'in')
    return integerSet(
      right.map(integersOf).map(({ low, high }) => ({ low: Number(low), high: Number(high) })),
    );
  const literal = integerOf(right[0]!);
  if (operator === 'bitwise_and') return (value) => (BigInt(value) & literal) !== 0n;
  const holds = ORDER[operator as keyof typeof ORDER];
  const number = Number(literal);
  return (value) => holds(value, number);
}

/** Addresses of two families are neither equal nor in any order. */
function addressTest(operator: Operator, right: readonly Element[]): (value: Ip) => boolean {
  if (operator === 'in') return addressSet(right.map(addressesOf));
  const literal = literalIp(right[0]!);
  const holds = ORDER[operator as keyof typeof ORDER];
  return (value) =>
    value.family === literal.family ? holds(compareAddresses(value, literal), 0) : operator === 'ne';
}

function stringTest(
  operator: Operator,
  right: readonly Element[],
  budget: PatternBudget,
): (value: string) => boolean {
  if (operator === 'in') {
    const known = new Set(right.map(stringOf));
    return (value) => known.has(value);
  }
  const element = right[0]!;
  if (operator === 'matches') return patternTest(element, budget);
  if (operator === 'wildcard' || operator === 'strict wildcard')
    return wildcardTest(element, operator === 'strict wildcard');
  const literal = stringOf(element);
  if (operator === 'contains') return (value) => value.includes(literal);
  const holds = ORDER[operator as keyof typeof ORDER];
  return (value) => holds(value, literal);
}

function patternTest(element: Element, budget: PatternBudget): (value: string) => boolean {
  if (element.kind !== 'string') throw mismatch(element, 'string');
  const { text, positionOf } = patternText(element.token);
  try {
    return compilePattern(text, budget).matches;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new ExpressionError(`the pattern: ${error.message}`, positionOf(error.offset));
  }
}

function wildcardTest(element: Element, strict: boolean): (value: string) => boolean {
  if (element.kind !== 'string') throw mismatch(element, 'string');
  const literal = stringBytes(element.token);
  try {
    return compileWildcard(literal, strict);
  } catch (error) {
    throw new ExpressionError(
      `the wildcard ${JSON.stringify(textOfBytes(literal))}: ${error instanceof Error ? error.message : error}`,
      element.position,
    );
  }
}

const integerSet = (intervals: readonly Interval<number>[]): ((value: number) => boolean) =>
  membership(intervals, (a, b) => a - b);

const addressSet = (intervals: readonly Interval<Ip>[]): ((value: Ip) => boolean) =>
  membership(intervals, compareAddresses);

/** Overlapping intervals become one, so that the only candidate is the last that begins at or before a value. */
function membership<T>(
  intervals: readonly Interval<T>[],
  compare: (a: T, b: T) => number,
): (value: T) => boolean {
  const merged: Interval<T>[] = [];
  for (const interval of [...intervals].sort((a, b) => compare(a.low, b.low))) {
    const last = merged.at(-1);
    if (!last || compare(interval.low, last.high) > 0) merged.push(interval);
    else if (compare(interval.high, last.high) > 0)
      merged[merged.length - 1] = { low: last.low, high: interval.high };
  }
  return (value) => {
    let [from, to] = [0, merged.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compare(merged[middle]!.low, value) <= 0) from = middle + 1;
      else to = middle;
    }
    return from > 0 && compare(value, merged[from - 1]!.high) <= 0;
  };
}

/** What a match needs of a string; tests count the calls. */
type Searchable = Pick<string, 'startsWith' | 'endsWith' | 'indexOf' | 'length'>;

/**
 * Whether a whole value matches a pattern in which `*` stands for any bytes, `\*` for a star and `\\` for a backslash.
 * Throws an Error that says what is wrong with the pattern.
 */
function compileWildcard(pattern: string, strict: boolean): (value: string) => boolean {
  const pieces = literalPieces(strict ? pattern : lowerBytes(pattern));
  return strict
    ? (value) => matchesPieces(pieces, value)
    : (value) => matchesPieces(pieces, lowerBytes(value));
}

/** What stands between the stars: `a*b` is `a` and `b`. */
export function literalPieces(pattern: string): string[] {
  const pieces = [''];
  for (const [piece, escaped] of pattern.matchAll(/[^\\*]+|\\([\\*])|\*\*?|\\/g)) {
    if (piece === '**') throw new Error('** has no meaning: use one *, or \\* for a star itself');
    if (piece === '\\') throw new Error('a backslash stands only before * or another backslash');
    if (piece === '*') pieces.push('');
    else pieces[pieces.length - 1] += escaped ?? piece;
  }
  return pieces;
}

/** Each inner piece is taken where it comes first; that never spoils a later one. So each is searched for once. */
export function matchesPieces(pieces: readonly string[], value: Searchable): boolean {
  const first = pieces[0]!;
  if (pieces.length === 1) return value.length === first.length && value.startsWith(first);
  const last = pieces.at(-1)!;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= value.length - last.length;
}
