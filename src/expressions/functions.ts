import type { Ip } from '../net/addresses.js';
import { compilePattern, type PatternBudget, parseReplacement } from './regex/pattern.js';
import { PatternError } from './regex/syntax.js';
import {
  type Call,
  describeType,
  ExpressionError,
  isArray,
  lowerBytes,
  MAX_MADE_BYTES,
  type Scalar,
  type Type,
  textOfBytes,
  upperBytes,
  utf8Bytes,
  type Value,
} from './types.js';

interface FunctionParameter {
  readonly name: string;
  readonly accepts: readonly (Type | 'any array')[];
  /** Whether a literal may, must or must not be given. */
  readonly literal: 'may' | 'must' | 'must not';
  readonly optional?: true;
  /** The last parameter, which takes all further arguments. */
  readonly repeated?: true;
}

/** Undefined is a missing value. An argument that was left out is not in the list. */
export type Apply = (args: readonly (Value | undefined)[]) => Value | undefined;

interface Func {
  readonly parameters: readonly FunctionParameter[];
  /** Null: the type of the first argument, which all others have too. */
  readonly returns: Type | null;
  /** Is called although arguments are missing; other functions are then missing themselves. */
  readonly takesMissing?: true;
  /**
   * Made once for each call in an expression, from its literal arguments: undefined where an argument is none. Throws an
   * ArgumentError.
   */
  prepare(literals: readonly (Scalar | undefined)[], budget: PatternBudget): Apply;
}

/** A literal argument that the function cannot work with. */
class ArgumentError extends Error {
  constructor(
    message: string,
    readonly index: number,
  ) {
    super(message);
  }
}

const text = (name: string, literal: FunctionParameter['literal'] = 'may'): FunctionParameter => ({
  name,
  accepts: ['string'],
  literal,
});
const source = text('source', 'must not');
const index = (name: string): FunctionParameter => ({ name, accepts: ['integer'], literal: 'may' });

/** A function that needs nothing prepared. The argument types have been checked. */
function plain(
  parameters: readonly FunctionParameter[],
  returns: Type,
  // biome-ignore lint/suspicious/noExplicitAny: the parameters say the types.
  apply: (...args: any[]) => Scalar | undefined,
): Func {
  const spread: Apply = (args) => apply(...args);
  return { parameters, returns, prepare: () => spread };
}

const PART: FunctionParameter = { name: 'value', accepts: ['string', 'any array'], literal: 'may' };

/** What load balancer rules can call, as in https://developers.cloudflare.com/ruleset-engine/rules-language/functions/ */
const FUNCTIONS: Readonly<Record<string, Func>> = {
  concat: {
    parameters: [PART, PART, { ...PART, optional: true, repeated: true }],
    returns: null,
    takesMissing: true,
    prepare: () => concat,
  },
  ends_with: plain([source, text('ending')], 'boolean', (value: string, end: string) => value.endsWith(end)),
  len: plain([PART], 'integer', (value) => value.length),
  lower: plain([text('value')], 'string', lowerBytes),
  regex_replace: {
    parameters: [text('source'), text('pattern', 'must'), text('replacement', 'must')],
    returns: 'string',
    prepare: regexReplace,
  },
  remove_bytes: plain([text('source'), text('bytes', 'must')], 'string', removeBytes),
  starts_with: plain([source, text('start')], 'boolean', (value: string, start: string) =>
    value.startsWith(start),
  ),
  substring: plain(
    [source, index('start'), { ...index('end'), optional: true }],
    'string',
    (value: string, start: number, end?: number) => value.slice(start, end),
  ),
  to_string: plain(
    [{ name: 'value', accepts: ['integer', 'boolean', 'ip'], literal: 'may' }],
    'string',
    (value: number | boolean | Ip) => (typeof value === 'object' ? value.text : String(value)),
  ),
  upper: plain([text('value')], 'string', upperBytes),
  url_decode: {
    parameters: [source, { ...text('options', 'must'), optional: true }],
    returns: 'string',
    prepare: prepareUrlDecode,
  },
};

/** With the two that are no functions of values, and are in the parser. */
export const FUNCTION_NAMES: readonly string[] = ['any', 'all', ...Object.keys(FUNCTIONS)];

/** Undefined when there is no function of that name. */
export const functionNamed = (name: string): Func | undefined =>
  Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;

/** What is missing is left out; without anything that is there the result is missing. */
function concat(args: readonly (Value | undefined)[]): Value | undefined {
  const parts = args.filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  if (!Array.isArray(parts[0])) {
    let made = '';
    for (const part of parts as readonly string[]) {
      made += part;
      if (made.length > MAX_MADE_BYTES) return undefined;
    }
    return made;
  }
  const values = (parts as readonly (readonly Value[])[]).flat();
  return sizeOf(values) > MAX_MADE_BYTES ? undefined : values;
}

/** Values, and the bytes of those that are strings. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return 1 + value.length;
  return Array.isArray(value) ? value.reduce((sum, one) => sum + sizeOf(one), 1) : 1;
}

function removeBytes(value: string, bytes: string): string {
  const removed = new Set(bytes);
  return Array.from(value)
    .filter((byte) => !removed.has(byte))
    .join('');
}

function regexReplace(
  [, source, replacement]: readonly (Scalar | undefined)[],
  budget: PatternBudget,
): Apply {
  const pattern = orArgumentError(1, () => compilePattern(textOfBytes(source as string), budget, true));
  const pieces = orArgumentError(2, () => parseReplacement(replacement as string, pattern.groups));
  return ([value]) => pattern.replaceFirst(value as string, pieces);
}

function prepareUrlDecode([, options = '']: readonly (Scalar | undefined)[]): Apply {
  const letters = options as string;
  if (!/^(?:r?u?|ur)$/.test(letters))
    throw new ArgumentError(
      `the options "${textOfBytes(letters)}" must be of "r" and "u", each at most once`,
      1,
    );
  const decoding = { recursive: letters.includes('r'), unicode: letters.includes('u') };
  return ([value]) => urlDecode(value as string, decoding);
}

function orArgumentError<T>(argument: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const where =
      error instanceof PatternError && error.offset > 0 ? `, at its character ${error.offset + 1}` : '';
    throw new ArgumentError(`${error instanceof Error ? error.message : error}${where}`, argument);
  }
}

/** Every further round must find an escape that the one before has made, so nobody needs many; each costs the whole text. */
const MAX_ROUNDS = 10;

interface UrlDecoding {
  /** `r`: until nothing changes any more. */
  readonly recursive: boolean;
  /** `u`: `%uXXXX` too, as UTF-8. */
  readonly unicode: boolean;
}

/** `%HH` becomes a byte and `+` a space; what is no escape stays. */
function urlDecode(bytes: string, { recursive, unicode }: UrlDecoding): string {
  let text = bytes;
  for (let round = 0; round < (recursive ? MAX_ROUNDS : 1); round++) {
    const decoded = once(text, unicode);
    if (decoded === text) break;
    text = decoded;
  }
  return text;
}

// Both halves of a surrogate pair are one character.
const UNICODE = /(?:%u[0-9A-Fa-f]{4})+|%[0-9A-Fa-f]{2}|\+/g;
const BYTES = /%[0-9A-Fa-f]{2}|\+/g;

function once(text: string, unicode: boolean): string {
  return text.replace(unicode ? UNICODE : BYTES, (code) => {
    if (code === '+') return ' ';
    if (code[1] !== 'u') return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const units = code.split('%u').slice(1);
    return utf8Bytes(units.map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join(''));
  });
}

/** What a call is given. */
interface Argument {
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
