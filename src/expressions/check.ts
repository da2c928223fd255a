import { stringBytes } from './escapes.js';
import { ExpressionError } from './expression-error.js';
import { FIELD_NAMES, type Field, fieldNamed } from './fields.js';
import {
  type Apply,
  ArgumentError,
  FUNCTION_NAMES,
  type Func,
  functionNamed,
  type Parameter,
} from './functions.js';
import { type Test, testOf } from './operators.js';
import type { PatternBudget } from './pattern-budget.js';
import type { Call, Comparison, Connective, Item, Literal, Node } from './syntax.js';
import { arrayOf, describeType, elementOf, isScalar, type Scalar, type Type } from './types.js';

/** Kinds of requests that have all the fields of an expression. */
export interface Needs {
  readonly http: boolean;
  readonly dns: boolean;
}

interface Meaning {
  /** After `[*]` that of one element, while the value at run time is the whole array. */
  readonly type: Type;
  readonly unpacked: boolean;
  /** The array that all these values come from, as it was written: unpacked values of one array belong together. */
  readonly origin: string;
  readonly needs: Needs;
}

/** An expression whose types are right. */
export type Checked = Meaning &
  (
    | { readonly kind: 'logical'; readonly connective: Connective; readonly operands: readonly Checked[] }
    | { readonly kind: 'not'; readonly operand: Checked }
    | { readonly kind: 'comparison'; readonly left: Checked; readonly test: Test }
    | { readonly kind: 'field'; readonly field: Field }
    | {
        readonly kind: 'call';
        readonly apply: Apply;
        readonly parameters: readonly Checked[];
        /** Called for each element of its first argument. */
        readonly each: boolean;
      }
    | { readonly kind: 'item'; readonly of: Checked; readonly key: string | number | null }
    | { readonly kind: 'literal'; readonly value: Scalar }
  );

const NOTHING: Needs = { http: false, dns: false };
const both = (all: readonly Checked[]): Needs => ({
  http: all.some(({ needs }) => needs.http),
  dns: all.some(({ needs }) => needs.dns),
});

/** Gives every part its type. Throws an ExpressionError at the first that has none, or whose whole is not one boolean. */
export function check(node: Node, budget: PatternBudget): Checked {
  const checked = meaningOf(node, budget);
  if (checked.unpacked)
    throw new ExpressionError(
      '[*] gives one answer for each value: put any(...) or all(...) around it',
      node.position,
    );
  if (checked.type !== 'boolean') throw notBoolean(checked, node);
  return checked;
}

function meaningOf(node: Node, budget: PatternBudget): Checked {
  switch (node.kind) {
    case 'logical':
      return logical(node, budget);
    case 'not': {
      const operand = condition(node.operand, budget);
      const { unpacked, origin, needs } = operand;
      return { kind: 'not', operand, type: 'boolean', unpacked, origin, needs };
    }
    case 'comparison':
      return comparison(node, budget);
    case 'field':
      return fieldAt(node);
    case 'call':
      return call(node, budget);
    case 'item':
      return item(node, budget);
    case 'literal': {
      const { literal } = node;
      return { kind: 'literal', value: scalarOf(literal), ...scalar(literal.kind, NOTHING) };
    }
  }
}

const scalar = (type: Type, needs: Needs): Meaning => ({ type, unpacked: false, origin: '', needs });

const scalarOf = (literal: Literal): Scalar =>
  literal.kind === 'string' ? stringBytes(literal.token) : literal.value;

/** A part that `not`, `and`, `xor` or `or` works on. */
function condition(node: Node, budget: PatternBudget): Checked {
  const checked = meaningOf(node, budget);
  if (checked.type !== 'boolean') throw notBoolean(checked, node);
  return checked;
}

function notBoolean({ type, kind }: Checked, { position }: Node): ExpressionError {
  if (kind === 'literal')
    return new ExpressionError(
      `${describeType(type)} stands where a condition was expected: a field or function comes first, then an operator and the value`,
      position,
    );
  const advice = isScalar(type)
    ? 'compare it with a value, as in ... eq ...'
    : 'take values out of it with [...]';
  return new ExpressionError(`${describeType(type)} is no condition by itself: ${advice}`, position);
}

function logical(node: Extract<Node, { kind: 'logical' }>, budget: PatternBudget): Checked {
  const operands = node.operands.map((operand) => condition(operand, budget));
  const { unpacked, origin } = operands[0]!;
  for (const [index, operand] of operands.entries())
    if (operand.unpacked !== unpacked || operand.origin !== origin)
      throw new ExpressionError(
        `${node.connective} combines answers for values of one array, or single answers, not both or of two arrays: put any(...) or all(...) around each`,
        node.operands[index]!.position,
      );
  return {
    kind: 'logical',
    connective: node.connective,
    operands,
    type: 'boolean',
    unpacked,
    origin,
    needs: both(operands),
  };
}

function comparison(node: Comparison, budget: PatternBudget): Checked {
  const left = meaningOf(node.left, budget);
  if (left.kind === 'literal')
    throw new ExpressionError(
      'a value stands left of the operator: a field or function comes first, then the operator and the value',
      node.position,
    );
  if (!isScalar(left.type))
    throw new ExpressionError(
      `${node.operator} does not compare ${describeType(left.type)}: take values out of it with ${elementOf(left.type) ? '[0] or any(...[*] ...)' : '["name"]'}`,
      node.operatorPosition,
    );
  const { unpacked, origin, needs } = left;
  const test = testOf(node, left.type, budget);
  return { kind: 'comparison', left, test, type: 'boolean', unpacked, origin: unpacked ? origin : '', needs };
}

function fieldAt({ name, position }: Extract<Node, { kind: 'field' }>): Checked {
  const field = fieldNamed(name);
  if (field) {
    const needs = { http: field.of === 'http', dns: field.of === 'dns' };
    const origin = isScalar(field.type) ? '' : name;
    return { kind: 'field', field, type: field.type, unpacked: false, origin, needs };
  }
  const advice = functionNamed(name)
    ? `it is a function: write ${name}(...)`
    : `rules of load balancers have ${FIELD_NAMES.join(', ')}`;
  throw new ExpressionError(`"${short(name)}" is not a field: ${advice}`, position);
}

const short = (name: string) => (name.length > 40 ? `${name.slice(0, 40)}...` : name);

function item({ of: inner, key, bracketPosition }: Item, budget: PatternBudget): Checked {
  const of = meaningOf(inner, budget);
  const refuse = (reason: string) => new ExpressionError(reason, bracketPosition);
  if (of.unpacked) throw refuse('[*] is the last index of a value');
  const element = elementOf(of.type);
  if (of.type === 'map<array<string>>') {
    if (key.kind !== 'string') throw refuse('a map has its values by name: write ["name"]');
    const name = stringBytes(key);
    const origin = `${of.origin}[${JSON.stringify(name)}]`;
    return { kind: 'item', of, key: name, type: 'array<string>', unpacked: false, origin, needs: of.needs };
  }
  if (element === null)
    throw refuse(`${describeType(of.type)} has no values inside that an index could name`);
  if (key.kind === 'string') throw refuse('an array has its values by number: write [0] or [*]');
  if (key.kind === 'each')
    return { kind: 'item', of, key: null, type: element, unpacked: true, origin: of.origin, needs: of.needs };
  return { kind: 'item', of, key: key.value, ...scalar(element, of.needs) };
}

function call(node: Call, budget: PatternBudget): Checked {
  const func = functionNamed(node.name);
  if (!func)
    throw new ExpressionError(
      `"${short(node.name)}" is not a function: there are ${FUNCTION_NAMES.join(', ')}`,
      node.position,
    );
  const parameters = node.parameters.map((parameter) => meaningOf(parameter, budget));
  checkCount(node, func);
  const each = parameters.map((argument, index) => acceptance(node, func, argument, index))[0]!;
  const literals = parameters.map((argument) => (argument.kind === 'literal' ? argument.value : undefined));
  const apply = preparedAt(node, () => func.prepare(literals, budget));
  const needs = both(parameters);
  const made: Meaning = each
    ? { type: arrayOf(func.returns), unpacked: false, origin: parameters[0]!.origin, needs }
    : scalar(func.returns, needs);
  return { kind: 'call', apply, parameters, each, ...made };
}

function checkCount({ name, parameters: given, position }: Call, { parameters }: Func): void {
  const least = parameters.filter(({ optional }) => !optional).length;
  const most = parameters.at(-1)!.repeated ? Number.POSITIVE_INFINITY : parameters.length;
  if (given.length >= least && given.length <= most) return;
  const usage = parameters.map(({ name: one, optional, repeated }) =>
    repeated ? `${one}, ...` : optional ? `[${one}]` : one,
  );
  throw new ExpressionError(
    `${name}(${usage.join(', ')}) does not take ${given.length} argument${given.length === 1 ? '' : 's'}`,
    position,
  );
}

/** Whether the function is called for each value of this argument. Throws when it does not take the argument at all. */
function acceptance(node: Call, func: Func, argument: Checked, index: number): boolean {
  const parameter: Parameter = func.parameters[index] ?? func.parameters.at(-1)!;
  const { position } = node.parameters[index]!;
  const what = `argument "${parameter.name}" of ${node.name}`;
  if (argument.kind === 'literal' && parameter.literal === 'must not')
    throw new ExpressionError(`the ${what} must be a field or a function, not a literal`, position);
  if (argument.kind !== 'literal' && parameter.literal === 'must')
    throw new ExpressionError(`the ${what} must be a literal`, position);
  const { type, unpacked } = argument;
  const whole = unpacked && isScalar(type) ? arrayOf(type) : type;
  if (unpacked && index > 0)
    throw new ExpressionError(`[*] goes only with the first argument of ${node.name}`, position);
  if (parameter.accepts.includes(type)) return unpacked;
  // Comparisons of unpacked values are the array of their answers, which `any` and `all` take as it is.
  if (type === 'boolean' && parameter.accepts.includes(whole)) return false;
  const advice = elementOf(whole) !== null && !unpacked ? ': take values out of it with [0] or [*]' : '';
  throw new ExpressionError(
    `the ${what} must be ${parameter.accepts.map(describeType).join(' or ')}, not ${describeType(type)}${advice}`,
    position,
  );
}

function preparedAt(node: Call, prepare: () => Apply): Apply {
  try {
    return prepare();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ExpressionError(`${node.name}: ${error.message}`, node.parameters[error.index]!.position);
  }
}
