import type { Ip } from '../net/addresses.js';

/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  /** `position` is an offset into the text, from 0 to its length; the message counts from 1. */
  constructor(
    readonly reason: string,
    readonly position: number,
  ) {
    super(`${reason}, at character ${position + 1}`);
  }
}

/** Characters of one expression, as Cloudflare has it. */
export const MAX_LENGTH = 4096;

/** Parentheses, `not` and calls inside one another, as Cloudflare's engine has it. */
export const MAX_DEPTH = 128;

/** Bytes that a function may make, or values in an array; what is longer is a missing value. Nested calls would multiply it without end. */
export const MAX_MADE_BYTES = 128 * 1024;

export type ScalarType = 'boolean' | 'integer' | 'string' | 'ip';
/** Arrays and maps have values of one type, which may be arrays and maps again. */
export type Type = ScalarType | `array<${string}>` | `map<${string}>`;

/** A string is bytes, see `utf8Bytes`. */
export type Scalar = boolean | number | string | Ip;
export type Value = Scalar | readonly Value[] | ReadonlyMap<string, Value>;

export const arrayOf = (type: Type): Type => `array<${type}>`;
export const isArray = (type: Type): boolean => type.startsWith('array<');
export const isMap = (type: Type): boolean => type.startsWith('map<');
export const isScalar = (type: Type): type is ScalarType => !type.includes('<');

/** What an array or map has in it; null when the type is neither. */
export function elementOf(type: Type): Type | null {
  return (/^(?:array|map)<(.*)>$/.exec(type)?.[1] ?? null) as Type | null;
}

const NAMES: Readonly<Record<ScalarType, string>> = {
  boolean: 'a boolean',
  integer: 'an integer',
  string: 'a string',
  ip: 'an IP address',
};
const PLURALS: Readonly<Record<ScalarType, string>> = {
  boolean: 'booleans',
  integer: 'integers',
  string: 'strings',
  ip: 'IP addresses',
};

/** For messages: `a string`, `an array of strings`. */
export function describeType(type: Type): string {
  if (isScalar(type)) return NAMES[type];
  return `${isArray(type) ? 'an array' : 'a map'} of ${plural(elementOf(type)!)}`;
}

function plural(type: Type): string {
  if (isScalar(type)) return PLURALS[type];
  return `${isArray(type) ? 'arrays' : 'maps'} of ${plural(elementOf(type)!)}`;
}

/**
 * Strings of expressions are bytes, one character of a JavaScript string for each: that is what a request has on the wire,
 * and what `len` counts and `substring` cuts. Text of an expression becomes its UTF-8.
 */
export function utf8Bytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that the bytes are in UTF-8; what is not UTF-8 becomes U+FFFD. */
export function textOfBytes(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Only A to Z change: other bytes may be parts of characters. */
export const lowerBytes = (bytes: string) => bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
export const upperBytes = (bytes: string) => bytes.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

const isAscii = (text: string) => !/[^\0-\x7f]/.test(text);

/** A piece of an expression, as `tokensOf` cuts it. */
export type Token =
  | { readonly kind: 'word' | 'symbol' | 'list' | 'end'; readonly text: string; readonly position: number }
  | StringToken;

export interface StringToken {
  readonly kind: 'string';
  /** As it stands in the expression, with its quotes. */
  readonly text: string;
  readonly position: number;
  /** What stands between the quotes. */
  readonly inner: string;
  readonly raw: boolean;
  /** Offset of the first character of `inner`. */
  readonly innerPosition: number;
}

export type Operator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'bitwise_and'
  | 'contains'
  | 'wildcard'
  | 'strict wildcard'
  | 'matches'
  | 'in';

export type Connective = 'and' | 'xor' | 'or';
export type Quantifier = 'any' | 'all';

/** An expression as it was written; every position is an offset into its text. */
export type ExpressionNode =
  | {
      readonly kind: 'logical';
      readonly connective: Connective;
      readonly operands: readonly ExpressionNode[];
      readonly position: number;
    }
  /** A group is a condition, where the same without parentheses may be a value. */
  | { readonly kind: 'not' | 'group'; readonly operand: ExpressionNode; readonly position: number }
  | Quantified
  | ComparisonNode
  | FieldNode
  | Call
  | Indexed
  | LiteralNode;

export interface FieldNode {
  readonly kind: 'field';
  readonly name: string;
  readonly position: number;
}

interface LiteralNode {
  readonly kind: 'literal';
  readonly literal: Literal;
  readonly position: number;
}

/** `any(...)`, `all(...)`. */
interface Quantified {
  readonly kind: 'quantified';
  readonly quantifier: Quantifier;
  readonly argument: ExpressionNode;
  readonly position: number;
}

export interface ComparisonNode {
  readonly kind: 'comparison';
  readonly left: ExpressionNode;
  readonly operator: Operator;
  /** Several, or none, only after `in`. */
  readonly right: readonly Element[];
  /** Of the left side. */
  readonly position: number;
  readonly operatorPosition: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly parameters: readonly ExpressionNode[];
  readonly position: number;
}

export interface Indexed {
  readonly kind: 'indexed';
  readonly of: FieldNode | Call;
  readonly indexes: readonly Index[];
  /** Of what the first index is in. */
  readonly position: number;
}

export type Index = (
  | { readonly kind: 'each' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly token: StringToken }
) & { readonly position: number };

/** What a word is depends on what it is compared with: `10:20` are two bytes or no address. */
export type Literal =
  | { readonly kind: 'string'; readonly token: StringToken }
  | { readonly kind: 'word'; readonly text: string };

/** What may stand right of an operator, and in a set. */
export type Element = Literal & { readonly position: number };
