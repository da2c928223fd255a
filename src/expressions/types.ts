import type { Ip } from '../net/ip.js';

export type ScalarType = 'boolean' | 'integer' | 'string' | 'ip';
/** Arrays and maps have values of one type, which may be arrays and maps again. */
export type Type = ScalarType | `array<${string}>` | `map<${string}>`;

/** A string is bytes, see `bytes.ts`. */
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
