import { ASSERTIONS } from './assertions.js';
import type { Assertion } from './node.js';

/**
 * The library cannot look at what comes after a place, which `$` after `(?mR)` and the word boundaries of Unicode do. For a pattern
 * with one of these a mark is put at every place of the text that says which of its assertions hold there, and the pattern asks for
 * the mark that was read last.
 */
export interface Marks {
  /** The text with its marks: byte `n` is at `2 * n + 1`. */
  readonly mark: (bytes: string) => string;
  /** Asks whether the assertion holds at the mark that was just read. */
  readonly assertion: (assertion: Assertion) => string;
  /** Reads any mark. */
  readonly any: string;
}

/** The first character that is no byte; a mark is this and a bit for each assertion that holds. */
const FIRST = 0x100;
const MAX_ASSERTIONS = 8;

/** Throws an Error when there are more assertions than a mark has room for. */
export function marksFor(assertions: ReadonlySet<Assertion>): Marks {
  const bits = [...assertions];
  if (bits.length > MAX_ASSERTIONS)
    throw new Error(`it has ${bits.length} kinds of assertions, of at most ${MAX_ASSERTIONS}`);
  const marks = Array.from({ length: 1 << bits.length }, (_, mark) => mark);
  const set = (of: readonly number[]) =>
    `[${of.map((mark) => `\\x{${(FIRST + mark).toString(16)}}`).join('')}]`;
  const markAt = (bytes: string, at: number) =>
    String.fromCharCode(
      FIRST + bits.reduce((mark, one, bit) => mark + (ASSERTIONS[one](bytes, at) ? 1 << bit : 0), 0),
    );
  return {
    mark: (bytes) => {
      let text = markAt(bytes, 0);
      for (let at = 0; at < bytes.length; at++) text += bytes[at] + markAt(bytes, at + 1);
      return text;
    },
    assertion: (one) => `(?<=${set(marks.filter((mark) => mark & (1 << bits.indexOf(one))))})`,
    any: `[\\x{${FIRST.toString(16)}}-\\x{${(FIRST + marks.length - 1).toString(16)}}]`,
  };
}
