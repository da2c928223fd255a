import { parseCidr } from '../net/cidr.js';
import { parseIp } from '../net/ip.js';
import { ExpressionError } from './expression-error.js';
import type { Token } from './lexer.js';
import type { Element, Literal } from './syntax.js';

/** The literal that a token is; null for a name. Throws for a word that is nearly a literal. */
export function literalOf(token: Token): Literal | null {
  if (token.kind === 'string') return { kind: 'string', token };
  if (token.kind !== 'word') return null;
  const { text, position } = token;
  if (text === 'true' || text === 'false') return { kind: 'boolean', value: text === 'true', text };
  if (/^-?\d+$/.test(text)) return { kind: 'integer', value: integerOf(text, position), text };
  const ip = parseIp(text);
  return ip && { kind: 'ip', value: ip, text };
}

/** One entry of a set: a literal, a range or a network. Throws when the token is none of them. */
export function elementOfSet(token: Token): Element {
  const { text, position } = token;
  if (token.kind === 'word') {
    const dots = text.indexOf('..');
    if (dots > 0) return { ...rangeOf(text, dots, position), position };
    if (text.includes('/')) return { ...networkOf(text, position), position };
  }
  const literal = literalOf(token);
  if (literal) return { ...literal, position };
  if (text === ',')
    throw new ExpressionError('the values of a set stand apart by spaces, not commas', position);
  throw new ExpressionError(
    `unexpected ${found(token)}: expected a string in double quotes, an integer or an IP address`,
    position,
  );
}

function integerOf(text: string, position: number): number {
  const value = Number(text);
  if (!/^(?:-?[1-9]\d*|0)$/.test(text))
    throw new ExpressionError(`the integer ${text} must be decimal, without zeros in front`, position);
  if (!Number.isSafeInteger(value))
    throw new ExpressionError(`the integer ${text} must be between -(2^53 - 1) and 2^53 - 1`, position);
  return value;
}

function rangeOf(text: string, dots: number, position: number) {
  const [from, to] = [text.slice(0, dots), text.slice(dots + 2)];
  if (/^-?\d+$/.test(from) && /^-?\d+$/.test(to)) {
    const [low, high] = [integerOf(from, position), integerOf(to, position + dots + 2)];
    if (low > high) throw backwards(text, position);
    return { kind: 'integers', low, high, text } as const;
  }
  const [low, high] = [parseIp(from), parseIp(to)];
  if (!low || !high || low.family !== high.family)
    throw new ExpressionError(
      `the range ${text} must go from one integer to another, or from one IP address to another of the same family`,
      position,
    );
  if (compareAddresses(low.bytes, high.bytes) > 0) throw backwards(text, position);
  return { kind: 'ips', low, high, text } as const;
}

const backwards = (text: string, position: number) =>
  new ExpressionError(`the range ${text} goes backwards: the smaller end comes first`, position);

function networkOf(text: string, position: number) {
  const cidr = parseCidr(text);
  if (!cidr)
    throw new ExpressionError(
      `${text} is not a network: write it like 10.0.0.0/8 or 2001:db8::/32`,
      position,
    );
  if (cidr.hadHostBits)
    throw new ExpressionError(
      `the network ${text} has bits set right of its prefix: ${cidr.text} has none`,
      position,
    );
  return { kind: 'network', cidr, text } as const;
}

/** Of two addresses of one family: below 0 when the first is smaller. */
export function compareAddresses(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** A token in a message. */
export function found(token: Token): string {
  if (token.kind === 'end') return 'end of the expression';
  return token.text.length > 40 ? `${token.text.slice(0, 40)}...` : token.text;
}
