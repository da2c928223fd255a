import type { Ip } from '../net/ip.js';
import { textOfBytes } from './bytes.js';
import { patternText, stringBytes } from './escapes.js';
import { ExpressionError } from './expression-error.js';
import {
  addressesOf,
  compareAddresses,
  integerOf,
  integersOf,
  literalIp,
  mismatch,
  stringOf,
} from './literals.js';
import type { PatternBudget } from './pattern-budget.js';
import { PatternError } from './regex/node.js';
import { compilePattern } from './regex.js';
import { addressSet, integerSet } from './set.js';
import type { ComparisonNode, Element, Operator } from './syntax.js';
import { describeType, type Scalar, type ScalarType } from './types.js';
import { compileWildcard } from './wildcard.js';

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
