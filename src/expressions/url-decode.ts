import { utf8Bytes } from './bytes.js';

/** Every further round must find an escape that the one before has made, so nobody needs many; each costs the whole text. */
const MAX_ROUNDS = 10;

export interface UrlDecoding {
  /** `r`: until nothing changes any more. */
  readonly recursive: boolean;
  /** `u`: `%uXXXX` too, as UTF-8. */
  readonly unicode: boolean;
}

/** `%HH` becomes a byte and `+` a space; what is no escape stays. */
export function urlDecode(bytes: string, { recursive, unicode }: UrlDecoding): string {
  let text = bytes;
  for (let round = 0; round < (recursive ? MAX_ROUNDS : 1); round++) {
    const decoded = once(text, unicode);
    if (decoded === text) break;
    text = decoded;
  }
  return text;
}

// Both halves of a surrogate pair are one character.
const UNICODE = /(?:%u[0-9A-Fa-f]{4})+|%[0-9A-Fa-f]{2}|\+/g;
const BYTES = /%[0-9A-Fa-f]{2}|\+/g;

function once(text: string, unicode: boolean): string {
  return text.replace(unicode ? UNICODE : BYTES, (code) => {
    if (code === '+') return ' ';
    if (code[1] !== 'u') return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const units = code.split('%u').slice(1);
    return utf8Bytes(units.map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join(''));
  });
}
