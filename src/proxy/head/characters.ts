/** Character classes of RFC 9110 and 9112, by latin1 code: 1 = belongs to the class. */

export const CR = 13;
export const LF = 10;
export const TAB = 9;
export const SPACE = 32;
export const COLON = 58;

function codes(text: string, ...ranges: readonly (readonly [from: number, to: number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of text) table[character.charCodeAt(0)] = 1;
  for (const [from, to] of ranges) table.fill(1, from, to + 1);
  return table;
}

const DIGITS = [48, 57] as const;
const UPPER = [65, 90] as const;
const LOWER = [97, 122] as const;

/** `tchar`: methods and field names. */
export const TOKEN = codes("!#$%&'*+-.^_`|~", DIGITS, UPPER, LOWER);

/** Field values: visible characters, space, tab and the upper half; never CR, LF, NUL or another control. */
export const FIELD_VALUE = codes('\t', [0x20, 0x7e], [0x80, 0xff]);

/** Request targets as clients send them: visible ASCII, and raw bytes above it, which some clients do not encode. */
export const TARGET = codes('', [0x21, 0x7e], [0x80, 0xff]);

/** The names and addresses that a Host field may hold, its port and IPv6 brackets included. */
export const AUTHORITY = codes('-._:[]', DIGITS, UPPER, LOWER);

/** As `matchesName`, in bytes. */
export function bytesMatch(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if ((bytes[at + i]! | 0x20) !== (name[i]! | 0x20)) return false;
  return true;
}

/** Whether `text` has `name` at `at`, letters of either case. `name` is lower case and of token characters. */
export function matchesName(text: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((text.charCodeAt(at + i) | 0x20) !== (name.charCodeAt(i) | 0x20)) return false;
  }
  return true;
}

/** Space or tab, all that RFC 9110 section 5.6.3 has around values. */
export const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/**
 * The part of `text` without blanks around it. `trim` would also take 0xA0 away, which in these bytes is no blank but half of a
 * character such as à.
 */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  let [first, last] = [start, end];
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

export function everyCharacter(text: string, allowed: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (allowed[text.charCodeAt(i)] !== 1) return false;
  return true;
}
