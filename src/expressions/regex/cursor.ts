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
  /** One character on. Answers whether there is another. */
  readonly bump: () => boolean;
  readonly skipSpace: () => void;
  /** One character on, and over white space. Answers whether there is another. */
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
