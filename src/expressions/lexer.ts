import { ExpressionError, type StringToken, type Token, utf8Bytes } from './types.js';

// A name, a number, an address, a network, a range or bytes: what it is compared with tells them apart. A minus begins a number or an
// upper bound, or stands between two bytes.
const WORD = /(?:-(?=\d)|(?=[\w:]))(?:[\w./:]|(?<=\.\.)-|(?<=[\dA-Fa-f]{2})-(?=[\dA-Fa-f]{2}))+/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||\^\^|[&<>~!()[\]{},*]/y;
const LIST = /\$[\w.]*/y;
const RAW_START = /r(#*)"/y;
const MAX_HASHES = 255;
const SPACE = /[ \r\n]+/y;
/** Around an expression any white space is left out, within it only spaces and line ends. */
const WHITE_START = /^\p{White_Space}*/u;
const WHITE_END = /(?<!\p{White_Space})\p{White_Space}*$/u;
/** Where a quote in brackets is the pattern's own. */
const PATTERN_FOLLOWS: ReadonlySet<string> = new Set(['matches', '~']);

const ALMOST: Readonly<Record<string, string>> = {
  '=': 'use == or eq for equality',
  '\t': 'white space is spaces and line ends, not tabs',
  '|': 'use || or or',
  '^': 'use ^^ or xor',
  "'": 'strings stand in double quotes',
};

/** The tokens of an expression, with one of kind `end` after the last. Throws an ExpressionError. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.length - WHITE_END.exec(text)![0].length;
  let at = WHITE_START.exec(text)![0].length;
  for (;;) {
    at += lengthAt(SPACE, text, at);
    if (at >= end) break;
    const token = tokenAt(text, at, PATTERN_FOLLOWS.has(tokens.at(-1)?.text ?? ''));
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', position: at });
  return tokens;
}

function tokenAt(text: string, position: number, isPattern: boolean): Token {
  if (text[position] === '"') return quotedString(text, position, isPattern);
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
function quotedString(text: string, position: number, isPattern: boolean): StringToken {
  let end = position + 1;
  let bracketed = false;
  for (; end < text.length && (bracketed || text[end] !== '"'); end++) {
    if (text[end] === '\\') end++;
    else if (isPattern) bracketed = bracketed ? text[end] !== ']' : text[end] === '[';
  }
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

/** The bytes that a string means, except as a regular expression. Throws for an unknown escape. */
export function stringBytes({ raw, inner, innerPosition }: StringToken): string {
  if (raw) return utf8Bytes(inner);
  const pieces = inner.matchAll(/[^\\]+|\\(["\\])|\\x([0-9A-Fa-f]{2})|\\([0-3][0-7]{2})|\\/g);
  return Array.from(pieces, (piece) => {
    const [text, itself, hex, octal] = piece;
    if (itself !== undefined) return itself;
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (text !== '\\') return utf8Bytes(text);
    const unknown = inner.slice(piece.index, piece.index + 2);
    throw new ExpressionError(
      `unknown escape ${unknown}: a string knows \\", \\\\, \\xHH and \\OOO (octal); a raw string r"..." knows none`,
      innerPosition + piece.index,
    );
  }).join('');
}

/**
 * The pattern that a string means after `matches`: backslashes are the pattern's own, but \" outside of brackets is a quote. With it
 * the offset in the expression of every character of the pattern, and of its end.
 */
export function patternText({ raw, inner, innerPosition }: StringToken): {
  text: string;
  positionOf: (offset: number) => number;
} {
  if (raw) return { text: inner, positionOf: (offset) => innerPosition + offset };
  const pieces = inner.match(/\[(?:[^\\\]]|\\.)*\]?|\\.|[^\\[]+/gs) ?? [];
  const dropped: number[] = [];
  let text = '';
  for (const piece of pieces) {
    if (piece === '\\"') dropped.push(text.length);
    text += piece === '\\"' ? '"' : piece;
  }
  const positionOf = (offset: number) => innerPosition + offset + dropped.filter((at) => at < offset).length;
  return { text, positionOf };
}
