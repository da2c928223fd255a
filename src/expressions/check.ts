import { FIELD_NAMES, type FieldDefinition, fieldNamed } from './fields.js';
import { type Apply, checkedCall, FUNCTION_NAMES, functionNamed } from './functions.js';
import { stringBytes } from './lexer.js';
import { scalarOf } from './literals.js';
import { type Test, testOf } from './operators.js';
import type { PatternBudget } from './regex/pattern.js';
import {
  arrayOf,
  type Call,
  type ComparisonNode,
  type Connective,
  describeType,
  ExpressionError,
  type ExpressionNode,
  elementOf,
  type Index,
  type Indexed,
  isArray,
  isMap,
  isScalar,
  type Quantifier,
  type Scalar,
  type Type,
  textOfBytes,
  utf8Bytes,
} from './types.js';

/** Kinds of requests that have all the fields of an expression. */
export interface Needs {
  readonly http: boolean;
  readonly dns: boolean;
}

/** What an index takes: a value of a map, of an array, or (null) all of either, one after the other. */
export type Key = string | number | null;

/** A value whose types are right. */
export type CheckedValue = {
  /** After `[*]` that of one value, while there are several at run time. */
  readonly type: Type;
  /** Whether it has `[*]`. */
  readonly each: boolean;
  readonly needs: Needs;
} & (
  | { readonly kind: 'literal'; readonly value: Scalar }
  | { readonly kind: 'field'; readonly field: FieldDefinition }
  | {
      readonly kind: 'call';
      readonly apply: Apply;
      readonly takesMissing: boolean;
      readonly parameters: readonly Checked[];
      /** Called for each value of its first argument. */
      readonly forEach: boolean;
    }
  | { readonly kind: 'indexed'; readonly of: CheckedValue; readonly keys: readonly Key[] }
);

/** A condition whose types are right: one answer, or an array of them, one for each value of an array. */
export type CheckedCondition = {
  readonly type: 'boolean' | 'array<boolean>';
  readonly needs: Needs;
} & (
  | {
      readonly kind: 'logical';
      readonly connective: Connective;
      readonly operands: readonly CheckedCondition[];
    }
  | { readonly kind: 'not'; readonly operand: CheckedCondition }
  | { readonly kind: 'quantified'; readonly quantifier: Quantifier; readonly argument: Checked }
  | { readonly kind: 'comparison'; readonly left: CheckedValue; readonly test: Test }
);

export type Checked = CheckedValue | CheckedCondition;

export const isCondition = (checked: Checked): checked is CheckedCondition =>
  ['logical', 'not', 'quantified', 'comparison'].includes(checked.kind);

const needsOf = (all: readonly { readonly needs: Needs }[]): Needs => ({
  http: all.some(({ needs }) => needs.http),
  dns: all.some(({ needs }) => needs.dns),
});

/** Gives every part its type. Throws an ExpressionError at the first that has none, or whose whole is not one boolean. */
export function checkCondition(node: ExpressionNode, budget: PatternBudget): CheckedCondition {
  const checked = condition(node, budget);
  if (checked.type === 'boolean') return checked;
  const { position } = node;
  throw node.kind === 'call' || node.kind === 'field'
    ? notBoolean('array<boolean>', position)
    : new ExpressionError(
        '[*] gives one answer for each value: put any(...) or all(...) around it',
        position,
      );
}

/** What a part of a call or of `any` and `all` is: a condition where it looks like one, otherwise a value. */
function checkedArgument(node: ExpressionNode, budget: PatternBudget): Checked {
  return node.kind === 'literal' || node.kind === 'field' || node.kind === 'call' || node.kind === 'indexed'
    ? checkedValue(node, budget)
    : condition(node, budget);
}

const IS_TRUE: Test = (value) => value === true;

function condition(node: ExpressionNode, budget: PatternBudget): CheckedCondition {
  switch (node.kind) {
    case 'group':
      return condition(node.operand, budget);
    case 'not': {
      const operand = condition(node.operand, budget);
      return { kind: 'not', operand, type: operand.type, needs: operand.needs };
    }
    case 'logical':
      return logical(node, budget);
    case 'quantified': {
      const argument = checkedArgument(node.argument, budget);
      if (argument.type !== 'array<boolean>' || ('each' in argument && argument.each))
        throw new ExpressionError(
          `the argument "booleans" of ${node.quantifier} must be an array of booleans, not ${describeType(argument.type)}`,
          node.argument.position,
        );
      return {
        kind: 'quantified',
        quantifier: node.quantifier,
        argument,
        type: 'boolean',
        needs: argument.needs,
      };
    }
    case 'comparison':
      return comparison(node, budget);
    default: {
      const left = checkedValue(node, budget);
      const whole = left.type === 'array<boolean>' && !left.each;
      if (left.type !== 'boolean' && !whole) throw notBoolean(left.type, node.position, left.kind);
      const type = left.each || whole ? 'array<boolean>' : 'boolean';
      // What has answers already is compared as it is, one by one.
      const each: CheckedValue = whole
        ? { kind: 'indexed', of: left, keys: [null], type: 'boolean', each: true, needs: left.needs }
        : left;
      return { kind: 'comparison', left: each, test: IS_TRUE, type, needs: left.needs };
    }
  }
}

function notBoolean(type: Type, position: number, kind = ''): ExpressionError {
  if (kind === 'literal')
    return new ExpressionError(
      `${describeType(type)} stands where a condition was expected: a field or function comes first, then an operator and the value`,
      position,
    );
  const advice = isScalar(type)
    ? 'compare it with a value, as in ... eq ...'
    : type === 'array<boolean>'
      ? 'put any(...) or all(...) around it'
      : 'take values out of it with [...]';
  return new ExpressionError(`${describeType(type)} is no condition by itself: ${advice}`, position);
}

function logical(
  node: Extract<ExpressionNode, { kind: 'logical' }>,
  budget: PatternBudget,
): CheckedCondition {
  const operands = node.operands.map((operand) => condition(operand, budget));
  const { type } = operands[0]!;
  for (const [index, operand] of operands.entries())
    if (operand.type !== type)
      throw new ExpressionError(
        `${node.connective} combines answers for each value of arrays, or single answers, not both: put any(...) or all(...) around the former`,
        node.operands[index]!.position,
      );
  return { kind: 'logical', connective: node.connective, operands, type, needs: needsOf(operands) };
}

function comparison(node: ComparisonNode, budget: PatternBudget): CheckedCondition {
  const left = checkedValue(node.left, budget);
  if (left.kind === 'literal')
    throw new ExpressionError(
      'a value stands left of the operator: a field or function comes first, then the operator and the value',
      node.position,
    );
  if (!isScalar(left.type))
    throw new ExpressionError(
      `${node.operator} does not compare ${describeType(left.type)}: take values out of it with ${isArray(left.type) ? '[0] or any(...[*] ...)' : '["name"]'}`,
      node.operatorPosition,
    );
  const test = testOf(node, left.type, budget);
  return {
    kind: 'comparison',
    left,
    test,
    type: left.each ? 'array<boolean>' : 'boolean',
    needs: left.needs,
  };
}

function checkedValue(node: ExpressionNode, budget: PatternBudget): CheckedValue {
  switch (node.kind) {
    case 'literal': {
      const { type, value } = scalarOf({ ...node.literal, position: node.position });
      return { kind: 'literal', value, type, each: false, needs: { http: false, dns: false } };
    }
    case 'field':
      return fieldAt(node);
    case 'call':
      return call(node, budget);
    case 'indexed':
      return indexed(node, budget);
    default:
      throw new ExpressionError('a condition stands where a value was expected', node.position);
  }
}

function fieldAt({ name, position }: Extract<ExpressionNode, { kind: 'field' }>): CheckedValue {
  const field = fieldNamed(name);
  if (field) {
    const needs = { http: field.of === 'http', dns: field.of === 'dns' };
    return { kind: 'field', field, type: field.type, each: false, needs };
  }
  const advice =
    functionNamed(name) || name === 'any' || name === 'all'
      ? `it is a function: write ${name}(...)`
      : `rules of load balancers have ${FIELD_NAMES.join(', ')}`;
  throw new ExpressionError(`"${short(name)}" is not a field: ${advice}`, position);
}

const short = (name: string) => (name.length > 40 ? `${name.slice(0, 40)}...` : name);

function call(node: Call, budget: PatternBudget): CheckedValue {
  const func = functionNamed(node.name);
  if (!func)
    throw new ExpressionError(
      `"${short(node.name)}" is not a function: there are ${FUNCTION_NAMES.join(', ')}`,
      node.position,
    );
  const parameters = node.parameters.map((parameter) => checkedArgument(parameter, budget));
  const given = parameters.map((parameter) => ({
    type: parameter.type,
    each: !isCondition(parameter) && parameter.each,
    literal: parameter.kind === 'literal' ? parameter.value : undefined,
  }));
  const { apply, returns } = checkedCall(node, func, given, budget);
  const forEach = given[0]!.each;
  return {
    kind: 'call',
    apply,
    takesMissing: func.takesMissing === true,
    parameters,
    forEach,
    type: forEach ? arrayOf(returns) : returns,
    each: false,
    needs: needsOf(parameters),
  };
}

function indexed(node: Indexed, budget: PatternBudget): CheckedValue {
  const of = checkedValue(node.of, budget);
  let { type } = of;
  const keys = node.indexes.map((index) => {
    const key = keyOf(index, type);
    type = elementOf(type)!;
    return key;
  });
  return { kind: 'indexed', of, keys, type, each: keys.includes(null), needs: of.needs };
}

function keyOf(index: Index, type: Type): Key {
  const refuse = (reason: string) => new ExpressionError(reason, index.position);
  if (elementOf(type) === null)
    throw refuse(`${describeType(type)} has no values inside that an index could name`);
  if (index.kind === 'each') return null;
  if (isMap(type)) {
    if (index.kind !== 'name') throw refuse('a map has its values by name: write ["name"] or [*]');
    const name = stringBytes(index.token);
    if (utf8Bytes(textOfBytes(name)) !== name) throw refuse('the name must be UTF-8');
    return name;
  }
  if (index.kind === 'name') throw refuse('an array has its values by number: write [0] or [*]');
  return index.value;
}
