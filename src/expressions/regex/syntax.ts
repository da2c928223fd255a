/** Sorted, apart from one another, both ends included: bytes, or code points. */
export type Ranges = readonly (readonly [low: number, high: number])[];

/** A place between two bytes. */
export type Assertion =
  | 'start'
  | 'end'
  | 'line start'
  | 'line end'
  | 'CRLF line start'
  | 'CRLF line end'
  | `${'' | 'Unicode '}${'word boundary' | 'no word boundary' | 'word start' | 'word end' | 'no word before' | 'no word after'}`;

/** What a pattern asks of bytes: flags, classes and UTF-8 are already worked out. */
export type PatternNode =
  /** These bytes, one character for each; '' matches everywhere. */
  | { readonly kind: 'literal'; readonly bytes: string }
  /** One byte of a set, which may be empty: then nothing matches. */
  | { readonly kind: 'byte'; readonly ranges: Ranges }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | {
      readonly kind: 'repetition';
      readonly of: PatternNode;
      readonly least: number;
      /** Null is without end. */
      readonly most: number | null;
      readonly greedy: boolean;
    }
  | { readonly kind: 'capture'; readonly of: PatternNode }
  | { readonly kind: 'sequence' | 'alternatives'; readonly parts: readonly PatternNode[] };

export const NOTHING: PatternNode = { kind: 'literal', bytes: '' };

/** What is wrong with a pattern, and where. */
export class PatternError extends Error {
  /** `offset` is in the pattern's text, from 0 to its length. */
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** A place in a pattern's text, as Rust's parser moves it: by characters, over white space and comments after `(?x)`. */
export interface Cursor {
  readonly text: string;
  /** Offset of the next character. */
  at: number;
  /** After `(?x)`: white space means nothing, and # begins a comment. */
  spaced: boolean;
  /** The next character, '' at the end. */
  readonly char: () => string;
  /** The one after that. */
  readonly peek: () => string;
  /** The one after that which is not white space. */
  readonly peekSpaced: () => string;
  /** One character on. Returns whether there is another. */
  readonly bump: () => boolean;
  readonly skipSpace: () => void;
  /** One character on, and over white space. Returns whether there is another. */
  readonly bumpSpaced: () => boolean;
  /** Over `prefix`, if that comes next. */
  readonly bumpIf: (prefix: string) => boolean;
}

const WHITE = /^\p{White_Space}$/u;
export const isWhite = (char: string): boolean => WHITE.test(char);

export function cursorOf(text: string): Cursor {
  const charAt = (at: number) => {
    const code = text.codePointAt(at);
    return code === undefined ? '' : String.fromCodePoint(code);
  };
  const char = () => charAt(cursor.at);
  const peek = () => charAt(cursor.at + char().length);

  function bump(): boolean {
    cursor.at += char().length;
    return cursor.at < text.length;
  }

  function skipSpace(): void {
    if (!cursor.spaced) return;
    for (;;) {
      if (isWhite(char())) bump();
      else if (char() === '#') while (bump() && char() !== '\n');
      else return;
    }
  }

  // A comment is not skipped to its end here: the first of its characters counts, as in Rust's parser.
  function peekSpaced(): string {
    if (!cursor.spaced) return peek();
    let at = cursor.at + char().length;
    const next = charAt(at);
    for (let inComment = false; at < text.length; at += charAt(at).length) {
      if (isWhite(charAt(at))) continue;
      if (charAt(at) !== '#' || inComment) return charAt(at);
      inComment = true;
    }
    return next;
  }

  const cursor: Cursor = {
    text,
    at: 0,
    spaced: false,
    char,
    peek,
    peekSpaced,
    bump,
    skipSpace,
    bumpSpaced() {
      if (!bump()) return false;
      skipSpace();
      return cursor.at < text.length;
    },
    bumpIf(prefix) {
      if (!text.startsWith(prefix, cursor.at)) return false;
      cursor.at += prefix.length;
      return true;
    },
  };
  return cursor;
}

/** What a backslash and what follows it stand for, in a class or outside. */
export type Escape =
  | {
      readonly kind: 'character';
      readonly code: number;
      /** `\xHH`, which without `(?u)` is a byte. */
      readonly byte: boolean;
      readonly at: number;
    }
  /** `\d`, `\S` and the like. */
  | { readonly kind: 'Perl'; readonly letter: string; readonly at: number }
  /** `\p{name}`, `\P{name=value}`. */
  | {
      readonly kind: 'property';
      readonly name: string;
      readonly value: string | null;
      readonly negated: boolean;
      readonly at: number;
    }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly at: number };

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'start',
  z: 'end',
  B: 'no word boundary',
  '<': 'word start',
  '>': 'word end',
};
const BOUNDARIES: Readonly<Record<string, Assertion>> = {
  start: 'word start',
  end: 'word end',
  'start-half': 'no word before',
  'end-half': 'no word after',
};
const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Reads from the backslash on. Throws a PatternError. */
export function parseEscape(cursor: Cursor): Escape {
  const at = cursor.at;
  if (!cursor.bump()) throw new PatternError('the pattern ends in a backslash', at);
  const char = cursor.char();
  if (/^[0-9]$/.test(char))
    throw new PatternError(`\\${char} is neither a back-reference nor octal: there are none`, at);
  if (char === 'x' || char === 'u' || char === 'U') return hexadecimal(cursor, char, at);
  if (char === 'p' || char === 'P') return property(cursor, char === 'P', at);
  cursor.bump();
  if (/^[dDsSwW]$/.test(char)) return { kind: 'Perl', letter: char, at };
  if (/^[^0-9A-Za-z<>\x80-\u{10ffff}]$/u.test(char))
    return { kind: 'character', code: char.charCodeAt(0), byte: false, at };
  const control = own(CONTROLS, char);
  if (control !== undefined) return { kind: 'character', code: control, byte: false, at };
  const assertion = char === 'b' ? boundary(cursor, at) : own(ASSERTIONS, char);
  if (assertion !== undefined) return { kind: 'assertion', assertion, at };
  throw new PatternError(`unknown escape \\${char}`, at);
}

/** `\b`, or `\b{start}`; a `{` that no letter follows is a repetition and not read. */
function boundary(cursor: Cursor, at: number): Assertion {
  const brace = cursor.at;
  if (cursor.char() !== '{') return 'word boundary';
  const inner = () => /^[A-Za-z-]$/.test(cursor.char());
  if (!cursor.bumpSpaced()) throw new PatternError('\\b{ is not closed', at);
  if (!inner()) {
    cursor.at = brace;
    return 'word boundary';
  }
  let name = '';
  while (inner()) {
    name += cursor.char();
    cursor.bumpSpaced();
  }
  const assertion = own(BOUNDARIES, name);
  if (cursor.char() !== '}' || !assertion)
    throw new PatternError(`after \\b there is ${Object.keys(BOUNDARIES).join(', ')} in braces`, at);
  cursor.bump();
  return assertion;
}

const DIGITS = { x: 2, u: 4, U: 8 } as const;

function hexadecimal(cursor: Cursor, letter: keyof typeof DIGITS, at: number): Escape {
  const wrong = () =>
    new PatternError(
      `\\${letter} takes ${DIGITS[letter]} hexadecimal digits, or any number in braces, of a character`,
      at,
    );
  const digit = () => {
    if (!/^[0-9A-Fa-f]$/.test(cursor.char())) throw wrong();
    return cursor.char();
  };
  if (!cursor.bumpSpaced()) throw wrong();
  let digits = '';
  const braces = cursor.char() === '{';
  if (braces) while (cursor.bumpSpaced() && cursor.char() !== '}') digits += digit();
  else
    for (let index = 0; index < DIGITS[letter]; index++) {
      if (index > 0 && !cursor.bumpSpaced()) throw wrong();
      digits += digit();
    }
  if (cursor.char() === '') throw wrong();
  cursor.bumpSpaced();
  const code = Number.parseInt(digits, 16);
  if (!(code <= 0x10ffff) || digits.replace(/^0+/, '').length > 6 || (code >= 0xd800 && code <= 0xdfff))
    throw wrong();
  return { kind: 'character', code, byte: letter === 'x' && !braces, at };
}

function property(cursor: Cursor, negated: boolean, at: number): Escape {
  const unclosed = () => new PatternError('\\p takes one letter, or a name in braces', at);
  if (!cursor.bumpSpaced()) throw unclosed();
  if (cursor.char() !== '{') {
    const name = cursor.char();
    if (name === '\\') throw unclosed();
    cursor.bumpSpaced();
    return { kind: 'property', name, value: null, negated, at };
  }
  let inner = '';
  while (cursor.bumpSpaced() && cursor.char() !== '}') inner += cursor.char();
  if (cursor.char() !== '}') throw unclosed();
  cursor.bump();
  const operator = /!=/.exec(inner) ?? /:/.exec(inner) ?? /=/.exec(inner);
  if (!operator) return { kind: 'property', name: inner, value: null, negated, at };
  return {
    kind: 'property',
    name: inner.slice(0, operator.index),
    value: inner.slice(operator.index + operator[0].length),
    negated: negated !== (operator[0] === '!='),
    at,
  };
}
