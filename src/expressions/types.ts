import type { Ip } from '../net/ip.js';

export type ScalarType = 'boolean' | 'integer' | 'string' | 'ip';
export type ArrayType = `array<${ScalarType}>`;
export type Type = ScalarType | ArrayType | 'map<array<string>>';

/** A string is bytes, see `bytes.ts`. */
export type Scalar = boolean | number | string | Ip;
/** An element is undefined where a function had no value for it. */
export type Value = Scalar | readonly (Scalar | undefined)[] | ReadonlyMap<string, readonly string[]>;

export const arrayOf = (type: ScalarType): ArrayType => `array<${type}>`;

/** What the array has in it; null when the type is not an array. */
export function elementOf(type: Type): ScalarType | null {
  return (/^array<(.*)>$/.exec(type)?.[1] ?? null) as ScalarType | null;
}

export const isScalar = (type: Type): type is ScalarType => !type.includes('<');

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
  const element = elementOf(type);
  return element ? `an array of ${PLURALS[element]}` : 'a map of arrays of strings';
}
