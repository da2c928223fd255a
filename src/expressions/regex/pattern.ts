import type { RE2JS } from 're2js';
import { re2 } from '../../net/re2.js';
import type { Facts } from '../facts.js';
import { MAX_MADE_BYTES } from '../types.js';
import { parsePattern } from './parse.js';
import { assertionsIn, type Marks, marksFor, printed, stepsOf } from './print.js';
import { type Assertion, PatternError, type PatternNode } from './syntax.js';

/**
 * A pattern of Rust's syntax about bytes, as Cloudflare's engine has it, which RE2 runs: it is parsed here and written again in
 * RE2's syntax. Both match in linear time.
 */
interface Pattern {
  /** Whether any part of the bytes matches; false as well when the request has used up what patterns may do for it. */
  matches(bytes: string): boolean;
  /** With the first match replaced; undefined when the result is too long, or that is used up. */
  replaceFirst(bytes: string, replacement: Replacement): string | undefined;
  readonly groups: number;
}

/** Literal bytes, and numbers of groups. */
type Replacement = readonly (string | number)[];

/** What a match costs for each byte, and a repetition multiplies it: `[ab]{1000}` is a thousand steps, `(?u)\\w` too. */
const MAX_STEPS = 4000;
/** `\p{...}`, and after `(?u)` brackets, `\w` and so on: they have hundreds of ranges, and the first of each name is a long search. */
const MAX_UNICODE_CLASSES = 30;
const UNICODE_FLAG = /\?[a-zA-Z]*u/;
const UNICODE_CLASS = /\\[pdsw]|\[/gi;
const MAX_REFERENCES = 8;

/** What RE2 has without looking at what stands before a place. */
const NATIVE: Partial<Record<Assertion, string>> = {
  start: '\\A',
  end: '\\z',
  'line start': '(?m:^)',
  'line end': '(?m:$)',
  'word boundary': '\\b',
  'no word boundary': '\\B',
};

/**
 * `replaces` when `replaceFirst` will be called. Throws a PatternError that says what is wrong with the pattern, or that there is
 * not enough left for it.
 */
export function compilePattern(source: string, budget: PatternBudget, replaces = false): Pattern {
  // Before it is parsed, because that is when classes are looked up.
  const classes = UNICODE_FLAG.test(source) ? (source.match(UNICODE_CLASS)?.length ?? 0) : 0;
  inWhole(() => {
    if (classes > MAX_UNICODE_CLASSES)
      throw new Error(`its Unicode classes add up to ${classes}, more than ${MAX_UNICODE_CLASSES}`);
    spend(budget, 'unicodeClasses', classes);
  });
  const { node, groups } = parsePattern(source);
  return inWhole(() => {
    const { program, marks } = compiled(node, replaces);
    const steps = program.programSize();
    checkSteps(steps);
    spend(budget, 'steps', steps);
    const mayRead = (bytes: string) => tryWork(steps, marks ? 2 * bytes.length : bytes.length);
    return {
      matches: (bytes) => mayRead(bytes) && program.test(marks ? marks.mark(bytes) : bytes),
      replaceFirst: (bytes, replacement) =>
        mayRead(bytes) ? replaceFirst(program, marks, bytes, replacement) : undefined,
      groups,
    };
  });
}

/** What is wrong with a pattern as a whole is wrong at its beginning. */
function inWhole<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error), 0);
  }
}

function checkSteps(steps: number): void {
  if (steps > MAX_STEPS)
    throw new Error(
      `it needs ${Math.ceil(steps)} steps for each byte, of at most ${MAX_STEPS}: make it shorter or repeat less`,
    );
}

function compiled(node: PatternNode, captures: boolean): { program: RE2JS; marks: Marks | null } {
  // Before the library compiles it, which takes its time; what it joins together may halve the steps.
  checkSteps(stepsOf(node) / 2);
  const assertions = assertionsIn(node);
  if ([...assertions].every((one) => NATIVE[one] !== undefined)) {
    const text = printed(node, { captures, assertion: (one) => NATIVE[one]!, afterByte: '' });
    return { program: re2().compile(text), marks: null };
  }
  const marks = marksFor(assertions);
  const text = printed(node, { captures, assertion: marks.assertion, afterByte: marks.any });
  return { program: re2().compile(`${marks.any}(${text})`, re2().LOOKBEHINDS), marks };
}

function replaceFirst(
  program: RE2JS,
  marks: Marks | null,
  bytes: string,
  replacement: Replacement,
): string | undefined {
  const matcher = program.matcher(marks ? marks.mark(bytes) : bytes);
  if (!matcher.find()) return bytes;
  // With marks the first group is the whole match, without the mark before it.
  const [first, offset] = marks ? [1, (at: number) => (at - 1) / 2] : [0, (at: number) => at];
  const part = (group: number) => {
    const [start, end] = [matcher.start(first + group), matcher.end(first + group)];
    return start < 0 ? '' : bytes.slice(offset(start), offset(end));
  };
  let made = bytes.slice(0, offset(matcher.start(first)));
  for (const piece of replacement) {
    made += typeof piece === 'number' ? part(piece) : piece;
    if (made.length > MAX_MADE_BYTES) return undefined;
  }
  const result = made + bytes.slice(offset(matcher.end(first)));
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

/**
 * What the patterns of one or several expressions may cost together; each that is compiled takes its part. Without it a load
 * balancer full of patterns, each of which is fine by itself, would keep a thread busy for seconds.
 */
export interface PatternBudget {
  /** For each byte of what is matched. */
  steps: number;
  /** Each that was not asked for before takes milliseconds. */
  unicodeClasses: number;
}

/** As much as all conditions of a load balancer have; one alone may use it up. */
export const patternBudget = (): PatternBudget => ({ steps: 20_000, unicodeClasses: 100 });

const WORDS: Readonly<Record<keyof PatternBudget, string>> = {
  steps: 'steps for each byte',
  unicodeClasses: 'Unicode classes',
};

/** Throws an Error when there is not so much left. */
function spend(budget: PatternBudget, what: keyof PatternBudget, amount: number): void {
  if (amount > budget[what])
    throw new Error(
      `it takes ${amount} of the ${patternBudget()[what]} ${WORDS[what]} that all rules have together, and ${budget[what]} are left`,
    );
  budget[what] -= amount;
}

/**
 * What patterns may do for one request: steps times bytes, about a twelfth of a second at worst. A pattern's steps are limited when it is
 * written, but the bytes are the visitor's: together they could hold up the thread, and all other requests, for seconds.
 */
const MAX_WORK = 10_000_000;

/** The request that is asked about: its rules are one piece of work, which nothing interrupts. */
let current: Facts | undefined;
let left = MAX_WORK;

/** The matches that follow are for this request, until another one begins. */
export function beginRequest(facts: Facts): void {
  if (facts === current) return;
  current = facts;
  left = MAX_WORK;
}

/** Takes a match of so many steps over so many bytes from what is left for the request; false when that is not enough. */
function tryWork(steps: number, bytes: number): boolean {
  const work = steps * (bytes + 1);
  if (work > left) return false;
  left -= work;
  return true;
}
