import type { Assertion } from './node.js';
import { UNICODE_WORD } from './unicode.js';

/** Whether an assertion holds before byte `at` of `bytes`, or at their end. */
export type Holds = (bytes: string, at: number) => boolean;

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
export const ASSERTIONS: Readonly<Record<Assertion, Holds>> = {
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
