import type { Ranges } from './node.js';
import { rangesOf } from './ranges.js';
import { BINARY_PROPERTIES, GENERAL_CATEGORIES, looseName, SCRIPT_NAMES } from './unicode-names.js';

export const HIGHEST_CODE_POINT = 0x10ffff;

/**
 * The code points of a property, from the tables of JavaScript's own patterns; Node 20 has Unicode 15.1 or later. Null when there
 * is none of that name, or none that JavaScript knows.
 */
export function propertyRanges(name: string, value: string | null): Ranges | null {
  const written = value === null ? ofName(looseName(name)) : ofValue(looseName(name), looseName(value));
  return written === null ? null : classRanges(written);
}

export const UNICODE_DIGITS = String.raw`\p{Nd}`;
export const UNICODE_SPACE = String.raw`\p{White_Space}`;
export const UNICODE_WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;

function ofName(name: string): string | null {
  if (name === 'any') return String.raw`\p{Any}`;
  if (name === 'assigned') return String.raw`\p{Assigned}`;
  if (name === 'ascii') return String.raw`\p{ASCII}`;
  const binary = BINARY_PROPERTIES.get(name);
  if (binary !== undefined) return `\\p{${binary}}`;
  return ofValue('gc', name) ?? ofValue('sc', name);
}

const VALUED = [
  { names: ['gc', 'generalcategory'], property: 'General_Category', values: GENERAL_CATEGORIES },
  { names: ['sc', 'script'], property: 'Script', values: SCRIPT_NAMES },
  { names: ['scx', 'scriptextensions'], property: 'Script_Extensions', values: SCRIPT_NAMES },
] as const;

function ofValue(name: string, value: string): string | null {
  const of = VALUED.find(({ names }) => (names as readonly string[]).includes(name));
  if (of?.property === 'General_Category' && ['any', 'assigned', 'ascii'].includes(value))
    return ofName(value);
  const known = of?.values.get(value);
  return known === undefined ? null : `\\p{${of!.property}=${known}}`;
}

/** Bounded by the number of properties. */
const known = new Map<string, Ranges | null>();

/** The code points that a class of JavaScript's `u` patterns has; null when this Node's Unicode is too old for it. */
export function classRanges(written: string): Ranges | null {
  let ranges = known.get(written);
  if (ranges === undefined) {
    ranges = scanned(written);
    known.set(written, ranges);
  }
  return ranges;
}

function scanned(written: string): Ranges | null {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`${written}+`, 'gu');
  } catch {
    return null;
  }
  const found: (readonly [number, number])[] = [];
  for (const text of varied())
    for (const [run] of text.matchAll(pattern)) found.push([run.codePointAt(0)!, lastCodePoint(run)]);
  const one = new RegExp(`^${written}$`, 'u');
  return rangesOf([...found, ...ALIKE.filter(([low]) => one.test(String.fromCodePoint(low)))]);
}

function lastCodePoint(text: string): number {
  const code = text.codePointAt(text.length - 2);
  return code !== undefined && code > 0xffff ? code : text.codePointAt(text.length - 1)!;
}

const PLANES = Array.from({ length: 17 }, (_, plane) => plane * 0x10000);
/** Without surrogates, which no UTF-8 has. */
const VARIED: Ranges = [
  [0, 0xd7ff],
  [0xe000, 0x3ffff],
  [0xe0000, 0xe0fff],
  ...PLANES.slice(4).map((plane) => [plane + 0xfffe, plane + 0xffff] as const),
];
/** Unassigned or for private use: all code points of one range have the same properties, and need no look at each. */
const ALIKE: Ranges = [
  ...PLANES.slice(4, 14).map((plane) => [plane, plane + 0xfffd] as const),
  [0xe1000, 0xefffd],
  ...PLANES.slice(15).map((plane) => [plane, plane + 0xfffd] as const),
];

let texts: readonly string[] | undefined;

function varied(): readonly string[] {
  texts ??= VARIED.map(([low, high]) => {
    const pieces: string[] = [];
    for (let from = low; from <= high; from += 0x1000)
      pieces.push(
        String.fromCodePoint(
          ...Array.from({ length: Math.min(0x1000, high - from + 1) }, (_, index) => from + index),
        ),
      );
    return pieces.join('');
  });
  return texts;
}

/** All that has another case. */
let cased: string | undefined;

/** The set with all the other cases of its code points, one code point for one (simple case folding). */
export function caseless(ranges: Ranges): Ranges {
  cased ??= varied()
    .flatMap((text) => text.match(/[\p{CWCF}\p{CWL}\p{CWU}\p{CWT}]/gu) ?? [])
    .join('');
  const hex = (code: number) => `\\u{${code.toString(16)}}`;
  const set = ranges.map(([low, high]) => `${hex(low)}-${hex(high)}`).join('');
  if (set === '') return ranges;
  const others = cased.match(new RegExp(`[${set}]`, 'giu')) ?? [];
  return rangesOf([
    ...ranges,
    ...others.map((char) => [char.codePointAt(0)!, char.codePointAt(0)!] as const),
  ]);
}
