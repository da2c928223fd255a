/**
 * Strings of expressions are bytes, one character of a JavaScript string for each: that is what a request has on the wire,
 * and what `len` counts and `substring` cuts. Text of an expression becomes its UTF-8.
 */
export function utf8Bytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that the bytes are in UTF-8; what is not UTF-8 becomes U+FFFD. */
export function textOfBytes(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Only A to Z change: other bytes may be parts of characters. */
export const lowerBytes = (bytes: string) => bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
export const upperBytes = (bytes: string) => bytes.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

const isAscii = (text: string) => !/[^\0-\x7f]/.test(text);
