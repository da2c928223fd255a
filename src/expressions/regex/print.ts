import { UNICODE_WORD } from './code-points.js';
import type { Assertion, PatternNode, Ranges } from './syntax.js';

/** How places between bytes are written; the library has these four, and `\b` and `\B` about ASCII. */
type PrintAssertion = (assertion: Assertion) => string;

interface Printing {
  /** Whether groups capture; otherwise nobody asks. */
  readonly captures: boolean;
  readonly assertion: PrintAssertion;
  /** What follows each byte. */
  readonly afterByte: string;
}

/** Counts that the library takes, with those inside of it multiplied. */
const MAX_COUNT = 1000;
const NO_BYTE = String.raw`[^\x{0}-\x{10FFFF}]`;

interface Printed {
  readonly text: string;
  /** By how much the counts in it multiply what is inside. */
  readonly counts: number;
}

/**
 * The node in RE2's syntax, for strings with one character for each byte. Throws an Error when a group that captures would have to
 * be written more than once.
 */
export function printed(node: PatternNode, how: Printing): string {
  return print(node, how).text;
}

function print(node: PatternNode, how: Printing): Printed {
  switch (node.kind) {
    case 'literal':
      return { text: Array.from(node.bytes, (byte) => literal(byte) + how.afterByte).join(''), counts: 1 };
    case 'byte':
      return { text: set(node.ranges) + how.afterByte, counts: 1 };
    case 'assertion':
      return { text: how.assertion(node.assertion), counts: 1 };
    case 'capture': {
      const { text, counts } = print(node.of, how);
      return { text: how.captures ? `(${text})` : `(?:${text})`, counts };
    }
    case 'sequence':
    case 'alternatives': {
      const parts = node.parts.map((part) => print(part, how));
      const texts = parts.map(({ text }) => text);
      const text = node.kind === 'sequence' ? texts.join('') : `(?:${texts.join('|')})`;
      return { text, counts: Math.max(...parts.map(({ counts }) => counts)) };
    }
    case 'repetition':
      return repetition(node, how);
  }
}

function repetition(
  { of, least, most, greedy }: Extract<PatternNode, { kind: 'repetition' }>,
  how: Printing,
): Printed {
  const inner = print(of, how);
  // What takes no byte is the same however often: it would only be written again and again.
  if (inner.text === '' || inner.text === '(?:)') return inner;
  const text = `(?:${inner.text})`;
  const lazy = greedy ? '' : '?';
  if (most === null && least <= 1)
    return { text: `${text}${least === 0 ? '*' : '+'}${lazy}`, counts: inner.counts };
  if (most === 1 && least === 0) return { text: `${text}?${lazy}`, counts: inner.counts };
  const counts = Math.max(least, most ?? 0, 1) * inner.counts;
  if (counts <= MAX_COUNT) return { text: `${text}{${least},${most ?? ''}}${lazy}`, counts };
  if (how.captures && inner.text.replaceAll('\\(', '').search(/\((?!\?)/) >= 0)
    throw new Error(`a group that captures is repeated more than ${MAX_COUNT} times`);
  // The same in pieces: a{2500} is a{1000}a{1000}a{500}, and a{0,1500} is a{0,1000}a{0,500}.
  const piece = Math.floor(MAX_COUNT / inner.counts);
  const inPieces = (count: number, written: (size: number) => string) =>
    written(piece).repeat(Math.floor(count / piece)) + (count % piece > 0 ? written(count % piece) : '');
  const needed = inPieces(least, (size) => `${text}{${size}}`);
  const more =
    most === null ? `${text}*${lazy}` : inPieces(most - least, (size) => `${text}{0,${size}}${lazy}`);
  return { text: needed + more, counts: MAX_COUNT };
}

const hex = (code: number) => `\\x{${code.toString(16)}}`;
const literal = (byte: string) => (/^[0-9A-Za-z]$/.test(byte) ? byte : hex(byte.charCodeAt(0)));

/** The library is fastest with the dot. */
function set(ranges: Ranges): string {
  const text = ranges.map(([low, high]) => (low === high ? hex(low) : `${hex(low)}-${hex(high)}`)).join('');
  if (text === '') return NO_BYTE;
  if (text === String.raw`\x{0}-\x{ff}`) return '(?s:.)';
  return text === String.raw`\x{0}-\x{9}\x{b}-\x{ff}` ? '.' : `[${text}]`;
}

/** About how many steps the library's program will have, rather more: repetitions multiply what they repeat. */
export function stepsOf(node: PatternNode): number {
  switch (node.kind) {
    case 'literal':
      return node.bytes.length;
    case 'byte':
    case 'assertion':
      return 1;
    case 'capture':
      return stepsOf(node.of) + 2;
    case 'sequence':
    case 'alternatives':
      return node.parts.reduce((sum, part) => sum + stepsOf(part) + 1, 0);
    case 'repetition': {
      const once = stepsOf(node.of);
      const times = Math.max(1, node.least, node.most ?? 0);
      return once === 0 ? 0 : (once + 1) * times;
    }
  }
}

/** Every assertion in the node once. */
export function assertionsIn(node: PatternNode, found = new Set<Assertion>()): ReadonlySet<Assertion> {
  if (node.kind === 'assertion') found.add(node.assertion);
  else if ('parts' in node) for (const part of node.parts) assertionsIn(part, found);
  else if ('of' in node) assertionsIn(node.of, found);
  return found;
}

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

/** Whether an assertion holds before byte `at` of `bytes`, or at their end. */
type Holds = (bytes: string, at: number) => boolean;

const WORD_CHARACTER = new RegExp(`^${UNICODE_WORD}$`, 'u');
const isWord = (byte: string | undefined) => byte !== undefined && /^\w$/.test(byte);

const wordBefore: Holds = (bytes, at) => isWord(bytes[at - 1]);
const wordAfter: Holds = (bytes, at) => isWord(bytes[at]);
const unicodeBefore: Holds = (bytes, at) => WORD_CHARACTER.test(characterBefore(bytes, at) ?? '');
const unicodeAfter: Holds = (bytes, at) => WORD_CHARACTER.test(characterAt(bytes, at) ?? '');
/** Not inside of a character or beside what is none. */
const soundBefore: Holds = (bytes, at) => at === 0 || characterBefore(bytes, at) !== null;
const soundAfter: Holds = (bytes, at) => at === bytes.length || characterAt(bytes, at) !== null;

/** What each means, as Rust's crate `regex-automata` has it (`util/look.rs`). */
const ASSERTIONS: Readonly<Record<Assertion, Holds>> = {
  start: (_bytes, at) => at === 0,
  end: (bytes, at) => at === bytes.length,
  'line start': (bytes, at) => at === 0 || bytes[at - 1] === '\n',
  'line end': (bytes, at) => at === bytes.length || bytes[at] === '\n',
  'CRLF line start': (bytes, at) =>
    at === 0 || bytes[at - 1] === '\n' || (bytes[at - 1] === '\r' && bytes[at] !== '\n'),
  'CRLF line end': (bytes, at) =>
    at === bytes.length || bytes[at] === '\r' || (bytes[at] === '\n' && bytes[at - 1] !== '\r'),
  'word boundary': (bytes, at) => wordBefore(bytes, at) !== wordAfter(bytes, at),
  'no word boundary': (bytes, at) => wordBefore(bytes, at) === wordAfter(bytes, at),
  'word start': (bytes, at) => !wordBefore(bytes, at) && wordAfter(bytes, at),
  'word end': (bytes, at) => wordBefore(bytes, at) && !wordAfter(bytes, at),
  'no word before': (bytes, at) => !wordBefore(bytes, at),
  'no word after': (bytes, at) => !wordAfter(bytes, at),
  'Unicode word boundary': (bytes, at) => unicodeBefore(bytes, at) !== unicodeAfter(bytes, at),
  'Unicode no word boundary': (bytes, at) =>
    soundBefore(bytes, at) && soundAfter(bytes, at) && unicodeBefore(bytes, at) === unicodeAfter(bytes, at),
  'Unicode word start': (bytes, at) => !unicodeBefore(bytes, at) && unicodeAfter(bytes, at),
  'Unicode word end': (bytes, at) => unicodeBefore(bytes, at) && !unicodeAfter(bytes, at),
  'Unicode no word before': (bytes, at) => soundBefore(bytes, at) && !unicodeBefore(bytes, at),
  'Unicode no word after': (bytes, at) => soundAfter(bytes, at) && !unicodeAfter(bytes, at),
};

/** Null at the end, and where the bytes are no UTF-8. */
function characterAt(bytes: string, at: number): string | null {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return bytes[at]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const piece = bytes.slice(at, at + length);
  const text = Buffer.from(piece, 'latin1').toString('utf8');
  return Buffer.from(text, 'utf8').toString('latin1') === piece ? text : null;
}

function characterBefore(bytes: string, at: number): string | null {
  const limit = Math.max(0, at - 4);
  let start = at - 1;
  while (start > limit && (bytes.charCodeAt(start) & 0xc0) === 0x80) start--;
  return at === 0 ? null : characterAt(bytes.slice(0, at), start);
}
