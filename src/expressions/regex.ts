import { RE2JS } from 're2js';
import { textOfBytes, utf8Bytes } from './bytes.js';
import { MAX_MADE_BYTES } from './limits.js';
import { type PatternBudget, spend } from './pattern-budget.js';

/** A pattern in RE2's syntax, which is that of Rust's engine but for its rarer flags. Both match in linear time. */
export interface Pattern {
  /** Whether any part of the bytes, read as UTF-8, matches. */
  matches(bytes: string): boolean;
  /** With the first match replaced; undefined when the result is too long. */
  replaceFirst(bytes: string, replacement: Replacement): string | undefined;
  readonly groups: number;
}

/** Literal text, and numbers of groups. */
export type Replacement = readonly (string | number)[];

/** What a match costs for each byte, and a repetition multiplies it: `[ab]{1000}` is a thousand instructions. */
const MAX_INSTRUCTIONS = 2000;
const MAX_REPETITIONS = 2000;
/** Ranges of characters beyond ASCII: without regard to case each takes milliseconds to compile. */
const MAX_WIDE_RANGES = 10;
/** `\p{...}` and the like, which take a tenth of that. */
const MAX_UNICODE_CLASSES = 100;
const MAX_REFERENCES = 8;

/** Throws an Error that says what is wrong with the pattern, or that there is not enough left for it. */
export function compilePattern(source: string, budget: PatternBudget): Pattern {
  checkCost(source, budget);
  const compiled = compile(source);
  if (compiled.programSize() > MAX_INSTRUCTIONS)
    throw new Error(
      `it needs ${compiled.programSize()} steps for each character, of at most ${MAX_INSTRUCTIONS}: make it shorter or repeat less`,
    );
  spend(budget, 'steps', compiled.programSize());
  return {
    matches: (bytes) => compiled.test(textOfBytes(bytes)),
    replaceFirst: (bytes, replacement) => replaceFirst(compiled, bytes, replacement),
    groups: compiled.groupCount(),
  };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace('error parsing regexp: ', '') : String(error);
    throw new Error(reason);
  }
}

// Before it is compiled, because it is compiling that costs.
function checkCost(source: string, budget: PatternBudget): void {
  const most = (count: number, limit: number, what: string) => {
    if (count > limit) throw new Error(`its ${what} add up to ${count}, more than ${limit}`);
  };
  let repetitions = 0;
  for (const [, from, to] of source.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g))
    repetitions += Math.max(Number(from), Number(to ?? 0));
  most(repetitions, MAX_REPETITIONS, 'repetitions');
  const wideRanges = source.match(/-(?:[^\0-\x7f]|\\x)/g)?.length ?? 0;
  most(wideRanges, MAX_WIDE_RANGES, 'ranges beyond ASCII');
  spend(budget, 'wideRanges', wideRanges);
  const unicodeClasses = source.match(/\\p/gi)?.length ?? 0;
  most(unicodeClasses, MAX_UNICODE_CLASSES, 'Unicode classes');
  spend(budget, 'unicodeClasses', unicodeClasses);
}

function replaceFirst(pattern: RE2JS, bytes: string, replacement: Replacement): string | undefined {
  const text = textOfBytes(bytes);
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return bytes;
  let made = text.slice(0, matcher.start());
  for (const piece of replacement) {
    made += typeof piece === 'number' ? (matcher.group(piece) ?? '') : piece;
    if (made.length > MAX_MADE_BYTES) return undefined;
  }
  const result = utf8Bytes(made + text.slice(matcher.end()));
  return result.length > MAX_MADE_BYTES ? undefined : result;
}

/** `${1}` is what the first group matched, `$$` is a dollar. Throws an Error for anything else that has a dollar. */
export function parseReplacement(text: string, groups: number): Replacement {
  const pieces: (string | number)[] = [];
  for (const [piece, group] of text.matchAll(/[^$]+|\$\{(\d{1,3})\}|\$\$|\$/g)) {
    if (piece === '$')
      throw new Error('a $ in a replacement must be $$, or have the number of a group in braces after it');
    if (group !== undefined) pieces.push(groupNumber(Number(group), groups));
    else pieces.push(piece === '$$' ? '$' : piece);
  }
  const references = pieces.filter((piece) => typeof piece === 'number').length;
  if (references > MAX_REFERENCES)
    throw new Error(`a replacement has at most ${MAX_REFERENCES} groups, not ${references}`);
  return pieces;
}

function groupNumber(group: number, groups: number): number {
  if (group <= groups) return group;
  throw new Error(`\${${group}} is more than the ${groups} groups that the pattern has`);
}
