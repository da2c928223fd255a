import {
  caseless,
  classRanges,
  complement,
  difference,
  HIGHEST_CODE_POINT,
  intersection,
  propertyRanges,
  rangesOf,
  UNICODE_DIGITS,
  UNICODE_SPACE,
  UNICODE_WORD,
  union,
  utf8Node,
} from './code-points.js';
import {
  type Cursor,
  type Escape,
  PatternError,
  type PatternNode,
  parseEscape,
  type Ranges,
} from './syntax.js';

/** The flags of a pattern that say what its classes have in them. */
export interface ClassFlags {
  /** `(?u)`: characters instead of bytes. */
  readonly u: boolean;
  /** `(?i)`. */
  readonly i: boolean;
}

const DIGIT: Ranges = [[0x30, 0x39]];
const UPPER: Ranges = [[0x41, 0x5a]];
const LOWER: Ranges = [[0x61, 0x7a]];
const SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
const WORD = union(DIGIT, UPPER, LOWER, [[0x5f, 0x5f]]);

/** `[:name:]` inside brackets. */
const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: union(DIGIT, UPPER, LOWER),
  alpha: union(UPPER, LOWER),
  ascii: [[0, 0x7f]],
  blank: rangesOf([
    [0x09, 0x09],
    [0x20, 0x20],
  ]),
  cntrl: rangesOf([
    [0, 0x1f],
    [0x7f, 0x7f],
  ]),
  digit: DIGIT,
  graph: [[0x21, 0x7e]],
  lower: LOWER,
  print: [[0x20, 0x7e]],
  punct: rangesOf([
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ]),
  space: SPACE,
  upper: UPPER,
  word: WORD,
  xdigit: union(DIGIT, [[0x41, 0x46]], [[0x61, 0x66]]),
};

const highest = ({ u }: ClassFlags) => (u ? HIGHEST_CODE_POINT : 0xff);

/** One of the set: a byte, or with `(?u)` a character of one to four. */
export const setNode = (ranges: Ranges, { u }: ClassFlags): PatternNode =>
  u ? utf8Node(ranges) : { kind: 'byte', ranges };

/** All that is not in the set. */
export const negated = (ranges: Ranges, flags: ClassFlags): Ranges => complement(ranges, highest(flags));

/** With both cases after `(?i)`: of A to Z, or with `(?u)` of whatever has any. */
export function folded(ranges: Ranges, { u, i }: ClassFlags): Ranges {
  if (!i) return ranges;
  if (u) return caseless(ranges);
  const shifted = (from: Ranges, by: number) =>
    intersection(ranges, from).map(([low, high]) => [low + by, high + by] as const);
  return rangesOf([...ranges, ...shifted(UPPER, 32), ...shifted(LOWER, -32)]);
}

const PERL = {
  d: [DIGIT, UNICODE_DIGITS],
  s: [SPACE, UNICODE_SPACE],
  w: [WORD, UNICODE_WORD],
} as const;

export function perlRanges({ letter }: Extract<Escape, { kind: 'Perl' }>, flags: ClassFlags): Ranges {
  const [bytes, characters] = PERL[letter.toLowerCase() as keyof typeof PERL];
  const ranges = flags.u ? classRanges(characters)! : bytes;
  return letter === letter.toLowerCase() ? ranges : negated(ranges, flags);
}

/** Throws a PatternError without `(?u)`, and for a property that there is not. */
export function propertySet(property: Extract<Escape, { kind: 'property' }>, flags: ClassFlags): Ranges {
  const { name, value, at } = property;
  if (!flags.u)
    throw new PatternError(
      '\\p{...} is about characters, and patterns are about bytes: write (?u) before',
      at,
    );
  const ranges = propertyRanges(name, value);
  if (ranges === null)
    throw new PatternError(
      `there is no Unicode property ${value === null ? name : `${name}=${value}`}: general categories, scripts and yes-or-no properties are known`,
      at,
    );
  const set = folded(ranges, flags);
  return property.negated ? negated(set, flags) : set;
}

type Item = { readonly ranges: Ranges; readonly depth: number };
type Operator = '&&' | '--' | '~~';

/** What stands between brackets, so far. */
interface Open {
  readonly at: number;
  readonly negated: boolean;
  items: Item[];
  left: { readonly operator: Operator; readonly item: Item } | null;
}

/** A class from its `[` to its `]`, with how deep it nests. Throws a PatternError. */
export function parseClass(cursor: Cursor, flags: ClassFlags): Item {
  const stack: Open[] = [];
  const unclosed = () =>
    new PatternError('the class is not closed: a ] is missing', stack.at(-1)?.at ?? cursor.at);

  function open(): void {
    const at = cursor.at;
    const bracket: Open = { at, negated: cursor.peekSpaced() === '^', items: [], left: null };
    stack.push(bracket);
    if (!cursor.bumpSpaced()) throw unclosed();
    if (cursor.char() === '^' && !cursor.bumpSpaced()) throw unclosed();
    const itself = (char: string) => {
      const code = char.charCodeAt(0);
      bracket.items.push({ ranges: [[code, code]], depth: 0 });
      if (!cursor.bumpSpaced()) throw unclosed();
    };
    while (cursor.char() === '-') itself('-');
    if (bracket.items.length === 0 && cursor.char() === ']') itself(']');
  }

  /** What was read since the bracket or the last operator, put together with what is left of that. */
  function reduced({ items, left }: Open): Item {
    const depth = Math.max(0, ...items.map((item) => item.depth));
    const right: Item = {
      ranges: rangesOf(items.flatMap(({ ranges }) => ranges)),
      depth: items.length > 1 ? depth + 1 : depth,
    };
    if (!left) return right;
    const [a, b] = [folded(left.item.ranges, flags), folded(right.ranges, flags)];
    return { ranges: combined(left.operator, a, b), depth: Math.max(left.item.depth, right.depth) + 1 };
  }

  function combined(operator: Operator, a: Ranges, b: Ranges): Ranges {
    if (operator === '&&') return intersection(a, b);
    const only = difference(a, b, highest(flags));
    return operator === '--' ? only : union(only, difference(b, a, highest(flags)));
  }

  /** `[:alpha:]`, or null when it is not that, and nothing is read. */
  function posix(): Ranges | null {
    const [text, not, name] = /^\[:(\^?)([a-z]+):\]/.exec(cursor.text.slice(cursor.at, cursor.at + 16)) ?? [];
    if (text === undefined || !Object.hasOwn(POSIX, name!)) return null;
    cursor.at += text.length;
    const set = folded(POSIX[name!]!, flags);
    return not === '^' ? negated(set, flags) : set;
  }

  function member(): Escape {
    if (cursor.char() === '\\') return parseEscape(cursor);
    const [char, at] = [cursor.char(), cursor.at];
    cursor.bump();
    return { kind: 'character', code: char.codePointAt(0)!, byte: false, at };
  }

  function codeOf(one: Escape): number {
    if (one.kind !== 'character')
      throw new PatternError('a range goes from one character to another', one.at);
    if (!flags.u && !one.byte && one.code > 0x7f)
      throw new PatternError(
        `a class has bytes in it, and this character is several: write (?u) before, or \\xHH`,
        one.at,
      );
    return one.code;
  }

  function setOf(one: Escape): Ranges {
    if (one.kind === 'Perl') return perlRanges(one, flags);
    if (one.kind === 'property') return propertySet(one, flags);
    if (one.kind === 'assertion')
      throw new PatternError('a place between characters stands in a class', one.at);
    return [[codeOf(one), codeOf(one)]];
  }

  function range(): Ranges {
    const first = member();
    cursor.skipSpace();
    if (cursor.char() === '') throw unclosed();
    if (cursor.char() !== '-' || cursor.peekSpaced() === ']' || cursor.peekSpaced() === '-')
      return setOf(first);
    if (!cursor.bumpSpaced()) throw unclosed();
    const last = member();
    if (first.kind === 'character' && last.kind === 'character' && first.code > last.code)
      throw new PatternError('the range goes backwards: the smaller end comes first', first.at);
    return [[codeOf(first), codeOf(last)]];
  }

  open();
  for (;;) {
    cursor.skipSpace();
    const char = cursor.char();
    const bracket = stack.at(-1)!;
    if (char === '') throw unclosed();
    if (char === '[') {
      const ranges = posix();
      if (ranges) bracket.items.push({ ranges, depth: 0 });
      else open();
    } else if (char === ']') {
      cursor.bump();
      const { ranges, depth } = reduced(stack.pop()!);
      const set = folded(ranges, flags);
      const whole: Item = { ranges: bracket.negated ? negated(set, flags) : set, depth: depth + 1 };
      if (stack.length === 0) return whole;
      stack.at(-1)!.items.push(whole);
    } else if ('&-~'.includes(char) && cursor.peek() === char) {
      cursor.at += 2;
      bracket.left = { operator: `${char}${char}` as Operator, item: reduced(bracket) };
      bracket.items = [];
    } else bracket.items.push({ ranges: range(), depth: 0 });
  }
}
