import type { Assertion, PatternNode, Ranges } from './node.js';

/** How places between bytes are written; the library has these four, and `\b` and `\B` about ASCII. */
export type PrintAssertion = (assertion: Assertion) => string;

export interface Printing {
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
