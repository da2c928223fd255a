import { ExpressionError } from './expression-error.js';
import { type Apply, ArgumentError, type Func, type FunctionParameter } from './functions.js';
import type { PatternBudget } from './pattern-budget.js';
import type { Call } from './syntax.js';
import { describeType, isArray, type Scalar, type Type } from './types.js';

/** What a call is given. */
export interface Argument {
  /** After `[*]` that of one value. */
  readonly type: Type;
  /** Whether it has `[*]`. */
  readonly each: boolean;
  /** Undefined when it is no literal. */
  readonly literal: Scalar | undefined;
}

/**
 * What a call will do, and the type of its result for one value of the first argument. Throws an ExpressionError when the function does
 * not take the arguments.
 */
export function checkedCall(
  node: Call,
  func: Func,
  given: readonly Argument[],
  budget: PatternBudget,
): { readonly apply: Apply; readonly returns: Type } {
  checkCount(node, func);
  for (const index of given.keys()) checkArgument(node, func, given, index);
  const literals = given.map(({ literal }) => literal);
  try {
    return { apply: func.prepare(literals, budget), returns: func.returns ?? given[0]!.type };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ExpressionError(`${node.name}: ${error.message}`, node.parameters[error.index]!.position);
  }
}

function checkCount({ name, parameters: given, position }: Call, { parameters }: Func): void {
  const least = parameters.filter(({ optional }) => !optional).length;
  const most = parameters.at(-1)!.repeated ? Number.POSITIVE_INFINITY : parameters.length;
  if (given.length >= least && given.length <= most) return;
  const usage = parameters.map(({ name: one, optional, repeated }) =>
    repeated ? '...' : optional ? `[${one}]` : one,
  );
  throw new ExpressionError(
    `${name}(${usage.join(', ')}) does not take ${given.length} argument${given.length === 1 ? '' : 's'}`,
    position,
  );
}

function checkArgument(node: Call, func: Func, given: readonly Argument[], index: number): void {
  const parameter: FunctionParameter = func.parameters[index] ?? func.parameters.at(-1)!;
  const { position } = node.parameters[index]!;
  const { type, each, literal } = given[index]!;
  const what = `the argument "${parameter.name}" of ${node.name}`;
  if (literal !== undefined && parameter.literal === 'must not')
    throw new ExpressionError(`${what} must be a field or a function, not a literal`, position);
  if (literal === undefined && parameter.literal === 'must')
    throw new ExpressionError(`${what} must be a literal`, position);
  if (each && index > 0)
    throw new ExpressionError(`[*] goes only with the first argument of ${node.name}`, position);
  const advice = isArray(type) && !each ? ': take values out of it with [0] or [*]' : '';
  if (!parameter.accepts.includes(type) && !(isArray(type) && parameter.accepts.includes('any array'))) {
    const wanted = parameter.accepts.map((one) => (one === 'any array' ? 'an array' : describeType(one)));
    throw new ExpressionError(
      `${what} must be ${wanted.join(' or ')}, not ${describeType(type)}${advice}`,
      position,
    );
  }
  const first = given[0]!.type;
  if (func.returns === null && type !== first)
    throw new ExpressionError(
      `${what} must be ${describeType(first)} like the first one, not ${describeType(type)}${advice}`,
      position,
    );
}
