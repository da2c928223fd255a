import { lowerBytes } from './bytes.js';

/** What a match needs of a string; tests count the calls. */
export type Searchable = Pick<string, 'startsWith' | 'endsWith' | 'indexOf' | 'length'>;

/**
 * Whether a whole value matches a pattern in which `*` stands for any bytes, `\*` for a star and `\\` for a backslash.
 * Throws an Error that says what is wrong with the pattern.
 */
export function compileWildcard(pattern: string, strict: boolean): (value: string) => boolean {
  const pieces = literalPieces(strict ? pattern : lowerBytes(pattern));
  return strict
    ? (value) => matchesPieces(pieces, value)
    : (value) => matchesPieces(pieces, lowerBytes(value));
}

/** What stands between the stars: `a*b` is `a` and `b`. */
export function literalPieces(pattern: string): string[] {
  const pieces = [''];
  for (const [piece, escaped] of pattern.matchAll(/[^\\*]+|\\([\\*])|\*\*?|\\/g)) {
    if (piece === '**') throw new Error('** has no meaning: use one *, or \\* for a star itself');
    if (piece === '\\') throw new Error('a backslash stands only before * or another backslash');
    if (piece === '*') pieces.push('');
    else pieces[pieces.length - 1] += escaped ?? piece;
  }
  return pieces;
}

/** Each inner piece is taken where it comes first; that never spoils a later one. So each is searched for once. */
export function matchesPieces(pieces: readonly string[], value: Searchable): boolean {
  const first = pieces[0]!;
  if (pieces.length === 1) return value.length === first.length && value.startsWith(first);
  const last = pieces.at(-1)!;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= value.length - last.length;
}
