import type { Ip } from '../net/ip.js';
import { textOfBytes } from './bytes.js';
import { patternText, stringBytes } from './escapes.js';
import { ExpressionError } from './expression-error.js';
import type { PatternBudget } from './pattern-budget.js';
import { compilePattern } from './regex.js';
import { addressSet, integerSet } from './set.js';
import type { Comparison, Element, Operator } from './syntax.js';
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

/** Which kinds of elements a type is compared with. */
const KINDS: Readonly<Record<ScalarType, readonly Element['kind'][]>> = {
  string: ['string'],
  integer: ['integer', 'integers'],
  ip: ['ip', 'ips', 'network'],
  boolean: [],
};
const EXAMPLES: Readonly<Record<ScalarType, string>> = {
  string: '"text"',
  integer: '80',
  ip: '192.0.2.1',
  boolean: '',
};
const OPERATORS_OF: Readonly<Record<ScalarType, readonly Operator[]>> = {
  string: ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'wildcard', 'strict wildcard', 'matches', 'in'],
  integer: ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in'],
  ip: ['eq', 'ne', 'in'],
  boolean: [],
};

/** What a comparison asks of values of the type on its left. Throws an ExpressionError where the types do not fit. */
export function testOf(comparison: Comparison, type: ScalarType, budget: PatternBudget): Test {
  const { operator, operatorPosition, right } = comparison;
  if (type === 'boolean')
    throw new ExpressionError('a boolean is not compared: write it alone, or after not', operatorPosition);
  if (!OPERATORS_OF[type].includes(operator))
    throw new ExpressionError(
      `${operator} does not compare ${describeType(type)}, which has ${OPERATORS_OF[type].join(', ')}`,
      operatorPosition,
    );
  for (const element of right) checkElement(element, type);
  if (type === 'integer') return integerTest(operator, right) as Test;
  if (type === 'ip') return addressTest(operator, right) as Test;
  return stringTest(operator, right, budget) as Test;
}

function checkElement(element: Element, type: ScalarType): void {
  if (KINDS[type].includes(element.kind)) return;
  const text = element.kind === 'string' ? element.token.text : element.text;
  throw new ExpressionError(
    `${text.length > 40 ? `${text.slice(0, 40)}...` : text} is not ${describeType(type)}, which is written like ${EXAMPLES[type]}`,
    element.position,
  );
}

function integerTest(operator: Operator, right: readonly Element[]): (value: number) => boolean {
  if (operator === 'in') return integerSet(right);
  const literal = (right[0] as Extract<Element, { kind: 'integer' }>).value;
  const holds = ORDER[operator as keyof typeof ORDER];
  return (value) => holds(value, literal);
}

function addressTest(operator: Operator, right: readonly Element[]): (value: Ip) => boolean {
  if (operator === 'in') return addressSet(right);
  const { text } = (right[0] as Extract<Element, { kind: 'ip' }>).value;
  return operator === 'eq' ? (value) => value.text === text : (value) => value.text !== text;
}

function stringTest(
  operator: Operator,
  right: readonly Element[],
  budget: PatternBudget,
): (value: string) => boolean {
  const tokens = right.map((element) => (element as Extract<Element, { kind: 'string' }>).token);
  if (operator === 'in') {
    const known = new Set(tokens.map(stringBytes));
    return (value) => known.has(value);
  }
  const [token] = tokens;
  const { position } = token!;
  if (operator === 'matches')
    return orExpressionError('the pattern', position, () => compilePattern(patternText(token!), budget))
      .matches;
  const literal = stringBytes(token!);
  if (operator === 'contains') return (value) => value.includes(literal);
  if (operator === 'wildcard' || operator === 'strict wildcard')
    return orExpressionError(`the wildcard ${JSON.stringify(textOfBytes(literal))}`, position, () =>
      compileWildcard(literal, operator === 'strict wildcard'),
    );
  const holds = ORDER[operator];
  return (value) => holds(value, literal);
}

function orExpressionError<T>(what: string, position: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ExpressionError(`${what}: ${error instanceof Error ? error.message : error}`, position);
  }
}
