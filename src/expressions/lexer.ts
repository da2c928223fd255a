import { ExpressionError } from './expression-error.js';

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

// A name, a number, an address, a network or a range: the parser tells them apart. A minus begins a number or an upper bound.
const WORD = /(?:-(?=\d)|(?=[\w:]))(?:[\w./:]|(?<=\.\.)-)+/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||\^\^|[<>~!()[\]{},*]/y;
const LIST = /\$[\w.]*/y;
const RAW_START = /r(#*)"/y;
const MAX_HASHES = 255;
const SPACE = /[ \t\r\n]+/y;

const ALMOST: Readonly<Record<string, string>> = {
  '=': 'use == or eq for equality',
  '&': 'use && or and',
  '|': 'use || or or',
  '^': 'use ^^ or xor',
  "'": 'strings stand in double quotes',
};

/** The tokens of an expression, with one of kind `end` after the last. Throws an ExpressionError. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += lengthAt(SPACE, text, at);
    if (at === text.length) break;
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', position: at });
  return tokens;
}

function tokenAt(text: string, position: number): Token {
  if (text[position] === '"') return quotedString(text, position);
  if (lengthAt(RAW_START, text, position) > 0) return rawString(text, position);
  for (const [kind, pattern] of KINDS) {
    const length = lengthAt(pattern, text, position);
    if (length > 0) return { kind, text: text.slice(position, position + length), position };
  }
  const character = String.fromCodePoint(text.codePointAt(position)!);
  const advice = ALMOST[character] ?? 'outside of a string there is nothing that it could mean';
  throw new ExpressionError(`unexpected ${JSON.stringify(character)}: ${advice}`, position);
}

const KINDS = [
  ['word', WORD],
  ['list', LIST],
  ['symbol', SYMBOL],
] as const;

function lengthAt(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** A backslash takes the next character with it; what the two mean depends on the operator, so it is found out later. */
function quotedString(text: string, position: number): StringToken {
  let end = position + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) throw new ExpressionError('the string is not closed: a " is missing', position);
  return stringToken(text, position, position + 1, end, end + 1);
}

function rawString(text: string, position: number): StringToken {
  const start = position + lengthAt(RAW_START, text, position);
  const hashes = start - position - 2;
  if (hashes > MAX_HASHES)
    throw new ExpressionError(
      `a raw string has at most ${MAX_HASHES} # before its quote, not ${hashes}`,
      position,
    );
  const close = `"${'#'.repeat(hashes)}`;
  const end = text.indexOf(close, start);
  if (end < 0) throw new ExpressionError(`the raw string is not closed: a ${close} is missing`, position);
  return stringToken(text, position, start, end, end + close.length);
}

function stringToken(
  text: string,
  position: number,
  innerPosition: number,
  innerEnd: number,
  end: number,
): StringToken {
  return {
    kind: 'string',
    text: text.slice(position, end),
    position,
    inner: text.slice(innerPosition, innerEnd),
    raw: text[position] === 'r',
    innerPosition,
  };
}
