import { utf8Bytes } from './bytes.js';
import { ExpressionError } from './expression-error.js';
import type { StringToken } from './lexer.js';

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
