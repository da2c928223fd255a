import { type Ip, parseIp } from '../net/addresses.js';
import { stringBytes } from './lexer.js';
import {
  type Element,
  ExpressionError,
  type Literal,
  type Scalar,
  type ScalarType,
  type Token,
} from './types.js';

export interface Interval<T> {
  readonly low: T;
  readonly high: T;
}

/** Two bytes or more: `01:2e`, `01-2e`, `01.2e`. */
const BYTES = /^[\dA-Fa-f]{2}(?:[:.-][\dA-Fa-f]{2})+$/;
const INTEGER = /^(?:0x[\dA-Fa-f]+|-?\d+)$/;
const EXAMPLES: Readonly<Record<ScalarType, string>> = {
  string: '"text"',
  integer: '80',
  ip: '192.0.2.1',
  boolean: 'true',
};

/** The literal that a token may be; null for a name. */
export function literalOf(token: Token): Literal | null {
  if (token.kind === 'string') return { kind: 'string', token };
  const { kind, text } = token;
  const isValue =
    kind === 'word' &&
    (/^-?\d|^[\dA-Fa-f.]*:[\dA-Fa-f:./]*$|^(?:true|false)$/.test(text) || BYTES.test(text));
  return isValue ? { kind: 'word', text } : null;
}

export function literalElement(token: Token): Element {
  const literal = literalOf(token);
  if (literal) return { ...literal, position: token.position };
  if (token.text === ',')
    throw new ExpressionError('the values of a set stand apart by spaces, not commas', token.position);
  throw new ExpressionError(
    `unexpected ${tokenText(token)}: expected a string in double quotes, an integer or an IP address`,
    token.position,
  );
}

/** A literal that nothing gives a type: an argument of a function, or a condition. */
export function scalarOf(element: Element): { readonly type: ScalarType; readonly value: Scalar } {
  if (element.kind === 'string') return { type: 'string', value: stringBytes(element.token) };
  const { text, position } = element;
  if (text === 'true' || text === 'false') return { type: 'boolean', value: text === 'true' };
  const ip = addressOf(text);
  if (ip) return { type: 'ip', value: ip };
  // What begins with two digits of a number is that number, and something after it.
  if (BYTES.test(text) && !/^(?:[1-9]\d|0[0-7])/.test(text)) return { type: 'string', value: bytesOf(text) };
  const value = integerOf(element);
  if (BigInt(Number(value)) !== value)
    throw new ExpressionError(`the integer ${text} is too large for an argument`, position);
  return { type: 'integer', value: Number(value) };
}

export function stringOf(element: Element): string {
  if (element.kind === 'string') return stringBytes(element.token);
  if (!BYTES.test(element.text)) throw mismatch(element, 'string');
  return bytesOf(element.text);
}

const bytesOf = (text: string) =>
  text.replace(/(..)[:.-]?/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/** Decimal, hexadecimal after 0x, or octal after 0; 64 bits. */
export function integerOf(element: Element): bigint {
  if (element.kind === 'string' || !INTEGER.test(element.text)) {
    if (element.kind === 'word' && /^-?\d+\.\.|\//.test(element.text)) manyValues(element, 'integer');
    throw mismatch(element, 'integer');
  }
  return integerIn(element.text, element.position);
}

function integerIn(text: string, position: number): bigint {
  const octal = /^0\d/.test(text);
  if (octal && !/^[0-7]+$/.test(text))
    throw new ExpressionError(`the integer ${text} is not octal, which a 0 in front means`, position);
  const digits = text.replace(/^-/, '');
  const size = BigInt(octal ? `0o${digits}` : digits);
  const value = text.startsWith('-') ? -size : size;
  if (BigInt.asIntN(64, value) !== value)
    throw new ExpressionError(`the integer ${text} must be between -2^63 and 2^63 - 1`, position);
  return value;
}

/** What a set of integers has: one, or a range. */
export function integersOf(element: Element): Interval<bigint> {
  const [from, to, more] = element.kind === 'word' ? element.text.split('..') : [];
  if (element.kind === 'string' || to === undefined) {
    const value = integerOf(element);
    return { low: value, high: value };
  }
  const { text, position } = element;
  if (more !== undefined || !INTEGER.test(from!) || !INTEGER.test(to)) {
    if (!INTEGER.test(from!)) throw mismatch(element, 'integer');
    throw badRange(element);
  }
  const [low, high] = [integerIn(from!, position), integerIn(to, position + from!.length + 2)];
  if (low > high) throw backwards(text, position);
  return { low, high };
}

/** As it is written: `::ffff:10.0.0.1` is an IPv6 address, which no IPv4 address equals. */
function addressOf(text: string): Ip | null {
  const ip = parseIp(text);
  if (ip?.family !== 4 || !text.includes(':')) return ip;
  const bytes = [...new Array<number>(10).fill(0), 0xff, 0xff, ...ip.bytes];
  return { family: 6, text: `::ffff:${ip.text}`, bytes };
}

/** In sets IPv4 may be short, `10.1` for 10.1.0.0, and its numbers may have zeros in front. */
function looseAddressOf(text: string): Ip | null {
  const strict = addressOf(text);
  if (strict || !/^\d+(?:\.\d+){0,3}$/.test(text)) return strict;
  const bytes = text.split('.').map(Number);
  return parseIp([...bytes, 0, 0, 0].slice(0, 4).join('.'));
}

export function literalIp(element: Element): Ip {
  const ip = element.kind === 'word' ? addressOf(element.text) : null;
  if (ip) return ip;
  if (element.kind === 'word' && /\.\.|\//.test(element.text)) manyValues(element, 'ip');
  throw mismatch(element, 'ip');
}

/** What a set of addresses has: one, a range or a network. */
export function addressesOf(element: Element): Interval<Ip> {
  if (element.kind === 'string') throw mismatch(element, 'ip');
  const { text, position } = element;
  if (text.includes('/')) return networkOf(text, position);
  const dots = text.indexOf('..');
  if (dots < 0) {
    const ip = looseAddressOf(text);
    if (!ip) throw mismatch(element, 'ip');
    return { low: ip, high: ip };
  }
  const [low, high] = [addressOf(text.slice(0, dots)), addressOf(text.slice(dots + 2))];
  if (!low) throw mismatch(element, 'ip');
  if (low.family !== high?.family) throw badRange(element);
  if (compareAddresses(low, high) > 0) throw backwards(text, position);
  return { low, high };
}

function networkOf(text: string, position: number): Interval<Ip> {
  const slash = text.indexOf('/');
  const low = looseAddressOf(text.slice(0, slash));
  const prefix = /^\d+$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  if (!low || !(prefix <= low.bytes.length * 8))
    throw new ExpressionError(
      `${text} is not a network: write it like 10.0.0.0/8 or 2001:db8::/32`,
      position,
    );
  const hostBits = (index: number) => 0xff >> Math.min(8, Math.max(0, prefix - index * 8));
  if (low.bytes.some((byte, index) => (byte & hostBits(index)) !== 0))
    throw new ExpressionError(
      `the network ${text} has bits set right of its prefix: ${masked(low, hostBits)}/${prefix} has none`,
      position,
    );
  return { low, high: { ...low, bytes: low.bytes.map((byte, index) => byte | hostBits(index)) } };
}

function masked({ bytes, family }: Ip, hostBits: (index: number) => number): string {
  const network = bytes.map((byte, index) => byte & ~hostBits(index));
  if (family === 4) return network.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (network[2 * index]! * 256 + network[2 * index + 1]!).toString(16),
  );
  return parseIp(groups.join(':'))?.text ?? groups.join(':');
}

const badRange = ({ position, ...literal }: Element) =>
  new ExpressionError(
    `the range ${literal.kind === 'word' ? literal.text : ''} must go from one integer to another, or from one IP address to another of the same family`,
    position,
  );

const backwards = (text: string, position: number) =>
  new ExpressionError(`the range ${text} goes backwards: the smaller end comes first`, position);

/** Throws when the element would be right in a set. */
function manyValues(element: Extract<Element, { kind: 'word' }>, type: 'integer' | 'ip'): void {
  if (type === 'integer') {
    if (element.text.includes('/')) return;
    integersOf(element);
  } else addressesOf(element);
  throw new ExpressionError(
    `${element.text} is more than one value: write in {${element.text}}`,
    element.position,
  );
}

export function mismatch(element: Element, type: ScalarType): ExpressionError {
  const text = element.kind === 'string' ? element.token.text : element.text;
  return new ExpressionError(
    `${text.length > 40 ? `${text.slice(0, 40)}...` : text} is not ${type === 'ip' ? 'an IP address' : type === 'integer' ? 'an integer' : `a ${type}`}, which is written like ${EXAMPLES[type]}`,
    element.position,
  );
}

/** Of two addresses: below 0 when the first is smaller. IPv4 comes before IPv6. */
export function compareAddresses(a: Ip, b: Ip): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let i = 0; i < a.bytes.length; i++) if (a.bytes[i] !== b.bytes[i]) return a.bytes[i]! - b.bytes[i]!;
  return 0;
}

/** A token in a message. */
export function tokenText(token: Token): string {
  if (token.kind === 'end') return 'end of the expression';
  return token.text.length > 40 ? `${token.text.slice(0, 40)}...` : token.text;
}
