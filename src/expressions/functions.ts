import type { Ip } from '../net/ip.js';
import { lowerBytes, textOfBytes, upperBytes } from './bytes.js';
import { MAX_MADE_BYTES } from './limits.js';
import type { PatternBudget } from './pattern-budget.js';
import { compilePattern, parseReplacement } from './regex.js';
import type { Scalar, ScalarType, Type, Value } from './types.js';
import { urlDecode } from './url-decode.js';

export interface Parameter {
  readonly name: string;
  readonly accepts: readonly Type[];
  /** Whether a literal may, must or must not be given. */
  readonly literal: 'may' | 'must' | 'must not';
  readonly optional?: true;
  /** The last parameter, which takes all further arguments. */
  readonly repeated?: true;
}

/** Undefined is a missing value. An argument that was left out is not in the list. */
export type Apply = (args: readonly Value[]) => Scalar | undefined;

export interface Func {
  readonly parameters: readonly Parameter[];
  readonly returns: ScalarType;
  /**
   * Made once for each call in an expression, from its literal arguments: undefined where an argument is none. Throws an
   * ArgumentError.
   */
  prepare(literals: readonly (Scalar | undefined)[], budget: PatternBudget): Apply;
}

/** A literal argument that the function cannot work with. */
export class ArgumentError extends Error {
  constructor(
    message: string,
    readonly index: number,
  ) {
    super(message);
  }
}

const text = (name: string, literal: Parameter['literal'] = 'may'): Parameter => ({
  name,
  accepts: ['string'],
  literal,
});
const source = text('source', 'must not');
const index = (name: string): Parameter => ({ name, accepts: ['integer'], literal: 'may' });

/** A function that needs nothing prepared. The argument types have been checked. */
function plain(
  parameters: readonly Parameter[],
  returns: ScalarType,
  // biome-ignore lint/suspicious/noExplicitAny: the parameters say the types.
  apply: (...args: any[]) => Scalar | undefined,
): Func {
  const spread: Apply = (args) => apply(...args);
  return { parameters, returns, prepare: () => spread };
}

const BOOLEANS: Parameter = { name: 'booleans', accepts: ['array<boolean>'], literal: 'may' };
const COUNTABLE: readonly Type[] = [
  'string',
  'array<string>',
  'array<integer>',
  'array<boolean>',
  'array<ip>',
];

/** What load balancer rules can call, as in https://developers.cloudflare.com/ruleset-engine/rules-language/functions/ */
const FUNCTIONS: Readonly<Record<string, Func>> = {
  any: plain([BOOLEANS], 'boolean', (booleans: readonly boolean[]) => booleans.includes(true)),
  all: plain([BOOLEANS], 'boolean', (booleans: readonly boolean[]) => booleans.every((one) => one === true)),
  concat: plain(
    [{ name: 'value', accepts: ['string', 'integer'], literal: 'may', repeated: true }],
    'string',
    (...values: readonly (string | number)[]) => concat(values),
  ),
  ends_with: plain([source, text('ending')], 'boolean', (value: string, end: string) => value.endsWith(end)),
  len: plain([{ name: 'value', accepts: COUNTABLE, literal: 'may' }], 'integer', (value) => value.length),
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

export const FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS);

/** Undefined when there is no function of that name. */
export const functionNamed = (name: string): Func | undefined =>
  Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;

function concat(values: readonly (string | number)[]): string | undefined {
  let made = '';
  for (const value of values) {
    made += value;
    if (made.length > MAX_MADE_BYTES) return undefined;
  }
  return made;
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
  const pattern = orArgumentError(1, () => compilePattern(textOfBytes(source as string), budget));
  const pieces = orArgumentError(2, () =>
    parseReplacement(textOfBytes(replacement as string), pattern.groups),
  );
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
    throw new ArgumentError(error instanceof Error ? error.message : String(error), argument);
  }
}
