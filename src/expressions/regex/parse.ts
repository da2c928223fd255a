import { type ClassFlags, folded, negated, parseClass, perlRanges, propertySet, setNode } from './classes.js';
import {
  type Assertion,
  cursorOf,
  type Escape,
  isWhite,
  NOTHING,
  PatternError,
  type PatternNode,
  parseEscape,
  type Ranges,
} from './syntax.js';

/** How deep Rust's parser lets patterns nest. */
const MAX_DEPTH = 250;
const MAX_COUNT = 2 ** 32 - 1;

export interface ParsedPattern {
  readonly node: PatternNode;
  /** How many groups capture. */
  readonly groups: number;
}

interface Flags extends ClassFlags {
  /** `^` and `$` at lines. */
  readonly m: boolean;
  /** `.` takes the end of a line too. */
  readonly s: boolean;
  /** What is greedy and what is not change places. */
  readonly U: boolean;
  /** `\r\n`, `\r` and `\n` end lines, instead of `\n` alone. */
  readonly R: boolean;
}

interface Part {
  readonly node: PatternNode;
  readonly depth: number;
  /** False for `(?i)`, which cannot be repeated. */
  readonly repeatable: boolean;
}

const FLAGS_AT_FIRST: Flags = { i: false, m: false, s: false, U: false, u: false, R: false };

/**
 * A pattern in the syntax of Rust's crate `regex` (https://docs.rs/regex/latest/regex/#syntax), with the settings of Cloudflare's
 * engine: it is about bytes, and about characters only after `(?u)`. Throws a PatternError.
 */
export function parsePattern(text: string): ParsedPattern {
  const cursor = cursorOf(text);
  const names = new Set<string>();
  let flags = FLAGS_AT_FIRST;
  let groups = 0;
  let nested = 0;

  function deep(depth: number, at: number): number {
    if (depth > MAX_DEPTH) throw new PatternError(`the pattern nests more than ${MAX_DEPTH} levels deep`, at);
    return depth;
  }

  /** Up to the `)` of a group or to the end. */
  function alternatives(): Part {
    const from = cursor.at;
    const branches: Part[] = [];
    do branches.push(sequence());
    while (cursor.bumpIf('|'));
    if (branches.length === 1) return branches[0]!;
    const parts = branches.map(({ node }) => node);
    const depth = deep(1 + Math.max(...branches.map((branch) => branch.depth)), from);
    return { node: { kind: 'alternatives', parts }, depth, repeatable: true };
  }

  function sequence(): Part {
    const from = cursor.at;
    const parts: Part[] = [];
    for (;;) {
      cursor.skipSpace();
      const char = cursor.char();
      if (char === '' || char === '|' || char === ')') break;
      if (char === '(') parts.push(group());
      else if (char === '[') {
        const { ranges, depth } = parseClass(cursor, flags);
        parts.push({ node: setNode(ranges, flags), depth: deep(depth, from), repeatable: true });
      } else if ('?*+{'.includes(char)) parts.push(repetition(parts.pop()));
      else parts.push({ node: primitive(), depth: 0, repeatable: true });
    }
    if (parts.length === 0) return { node: NOTHING, depth: 0, repeatable: false };
    if (parts.length === 1) return parts[0]!;
    const depth = deep(1 + Math.max(...parts.map((part) => part.depth)), from);
    return { node: { kind: 'sequence', parts: parts.map(({ node }) => node) }, depth, repeatable: true };
  }

  function repetition(part: Part | undefined): Part {
    const at = cursor.at;
    if (!part?.repeatable)
      throw new PatternError(`nothing stands before ${cursor.char()} that it could repeat`, at);
    const [least, most] = counts();
    // After braces white space may come before the question mark.
    const lazy = cursor.bumpIf('?');
    const greedy = lazy === flags.U;
    const node: PatternNode = { kind: 'repetition', of: part.node, least, most, greedy };
    return { node, depth: deep(part.depth + 1, at), repeatable: true };
  }

  function counts(): readonly [least: number, most: number | null] {
    const char = cursor.char();
    if (char !== '{') {
      cursor.bump();
      return [char === '+' ? 1 : 0, char === '?' ? 1 : null];
    }
    const at = cursor.at;
    const wrong = () =>
      new PatternError('{ is not the beginning of {2}, {2,} or {2,5}: a brace itself is \\{', at);
    if (!cursor.bumpSpaced()) throw wrong();
    const least = decimal(at);
    let most: number | null = least;
    if (cursor.char() === ',') {
      if (!cursor.bumpSpaced()) throw wrong();
      if (cursor.char() === '}') most = null;
      else {
        most = decimal(at);
        if (most === null) throw wrong();
      }
    }
    if (cursor.char() !== '}' || least === null) throw wrong();
    if (most !== null && most < least)
      throw new PatternError(`{${least},${most}} goes backwards: the smaller number comes first`, at);
    cursor.bumpSpaced();
    return [least, most];
  }

  function decimal(at: number): number | null {
    while (isWhite(cursor.char())) cursor.bump();
    let digits = '';
    while (/^\d$/.test(cursor.char())) {
      digits += cursor.char();
      cursor.bumpSpaced();
    }
    while (isWhite(cursor.char())) cursor.bumpSpaced();
    if (Number(digits) > MAX_COUNT) throw new PatternError(`${digits} is more than ${MAX_COUNT}`, at);
    return digits === '' ? null : Number(digits);
  }

  function group(): Part {
    const at = cursor.at;
    const before = { flags, spaced: cursor.spaced };
    cursor.bump();
    cursor.skipSpace();
    if (/^\?<?[=!]/.test(text.slice(cursor.at, cursor.at + 3)))
      throw new PatternError('there is no look-around: patterns match in linear time', at);
    const captures = opened(at);
    if (captures === null) return { node: NOTHING, depth: 0, repeatable: false };
    if (++nested > MAX_DEPTH) deep(nested, at);
    const inner = alternatives();
    nested--;
    if (cursor.char() !== ')') throw new PatternError('the group is not closed: a ) is missing', at);
    flags = before.flags;
    cursor.spaced = before.spaced;
    cursor.bump();
    const node: PatternNode = captures ? { kind: 'capture', of: inner.node } : inner.node;
    return { node, depth: deep(inner.depth + 1, at), repeatable: true };
  }

  /** What comes after a `(`: whether the group captures, or null when it was `(?i)` and no group. */
  function opened(at: number): boolean | null {
    if (cursor.bumpIf('?P<') || cursor.bumpIf('?<')) {
      groups++;
      name();
      return true;
    }
    if (!cursor.bumpIf('?')) {
      groups++;
      return true;
    }
    const changed = newFlags(at);
    const close = cursor.char();
    if (close === ')' && !changed)
      throw new PatternError('nothing stands before ? that it could repeat: a group is (?:...)', at + 1);
    cursor.bump();
    return close === ')' ? null : false;
  }

  function name(): void {
    const at = cursor.at;
    let read = '';
    while (cursor.char() !== '>') {
      const char = cursor.char();
      if (!(read === '' ? /^[_\p{Alphabetic}]$/u : /^[_.[\]\p{Alphabetic}\p{N}]$/u).test(char))
        throw new PatternError('the name of a group is of letters and digits, and ends in >', cursor.at);
      read += char;
      cursor.bump();
    }
    cursor.bump();
    if (read === '') throw new PatternError('the group has an empty name', at);
    if (names.has(read)) throw new PatternError(`two groups are called ${read}`, at);
    names.add(read);
  }

  /** Up to the `:` or `)`. Returns whether there were any. */
  function newFlags(at: number): boolean {
    const changes: Record<string, boolean> = {};
    let on = true;
    let last = '';
    for (; cursor.char() !== ':' && cursor.char() !== ')'; cursor.bump()) {
      last = cursor.char();
      if (last === '') throw new PatternError('the group is not closed: a ) is missing', at);
      if (!'imsUuRx-'.includes(last))
        throw new PatternError(`there is no flag ${last}: there are i, m, s, R, U, u and x`, cursor.at);
      if (last === '-' ? !on : Object.hasOwn(changes, last))
        throw new PatternError(`${last} stands twice among the flags`, cursor.at);
      if (last === '-') on = false;
      else changes[last] = on;
    }
    if (last === '-') throw new PatternError('no flag stands after -', cursor.at);
    const { x, ...others } = changes;
    flags = { ...flags, ...others };
    cursor.spaced = x ?? cursor.spaced;
    return last !== '';
  }

  function primitive(): PatternNode {
    const char = cursor.char();
    if (char === '\\') return escaped(parseEscape(cursor));
    cursor.bump();
    if (char === '.') return setNode(dot(), flags);
    if (char === '^') return { kind: 'assertion', assertion: line('start') };
    if (char === '$') return { kind: 'assertion', assertion: line('end') };
    return character(char.codePointAt(0)!);
  }

  const line = (edge: 'start' | 'end'): Assertion =>
    !flags.m ? edge : flags.R ? `CRLF line ${edge}` : `line ${edge}`;

  function dot(): Ranges {
    const without: Ranges = flags.s
      ? []
      : flags.R
        ? [
            [0x0a, 0x0a],
            [0x0d, 0x0d],
          ]
        : [[0x0a, 0x0a]];
    return negated(without, flags);
  }

  function escaped(one: Escape): PatternNode {
    if (one.kind === 'Perl') return setNode(perlRanges(one, flags), flags);
    if (one.kind === 'property') return setNode(propertySet(one, flags), flags);
    if (one.kind === 'character')
      return one.byte && !flags.u && one.code > 0x7f
        ? { kind: 'byte', ranges: [[one.code, one.code]] }
        : character(one.code);
    const { assertion } = one;
    return {
      kind: 'assertion',
      assertion: flags.u && / word|word /.test(assertion) ? (`Unicode ${assertion}` as Assertion) : assertion,
    };
  }

  function character(code: number): PatternNode {
    if (flags.i && (flags.u || code <= 0x7f)) {
      const both = folded([[code, code]], flags);
      if (both.length > 1 || both[0]![0] !== both[0]![1]) return setNode(both, flags);
    }
    return { kind: 'literal', bytes: Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1') };
  }

  const { node } = alternatives();
  if (cursor.char() === ')') throw new PatternError('a ) closes no group', cursor.at);
  return { node, groups };
}
