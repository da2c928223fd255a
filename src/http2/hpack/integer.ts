import { CODE, SessionError } from '../errors.js';

/** Lengths and indexes need no more; RFC 7541, section 5.1 leaves the limit to us. */
const MAX_CONTINUATIONS = 4;

/** Bytes that `writeInteger` takes at most. */
export const MAX_INTEGER_BYTES = 6;

/** An integer and where it ends. */
export interface ReadInteger {
  value: number;
  /** -1 when the bytes end before the integer does. */
  next: number;
}

/** Reads an integer with a prefix of so many bits into `into`; throws SessionError when it has no end. */
export function readInteger(bytes: Buffer, at: number, prefixBits: number, into: ReadInteger): void {
  const max = (1 << prefixBits) - 1;
  into.next = -1;
  if (at >= bytes.length) return;
  into.value = bytes[at]! & max;
  if (into.value < max) {
    into.next = at + 1;
    return;
  }
  for (let i = 0; i <= MAX_CONTINUATIONS; i += 1) {
    const byte = bytes[at + 1 + i];
    if (byte === undefined) return;
    into.value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      into.next = at + 2 + i;
      return;
    }
  }
  throw new SessionError(CODE.COMPRESSION_ERROR, 'header block with an integer of more than six bytes');
}

/** Writes `value` behind the bits of `first`, and answers the position behind it. */
export function writeInteger(
  bytes: Buffer,
  at: number,
  prefixBits: number,
  first: number,
  value: number,
): number {
  const max = (1 << prefixBits) - 1;
  if (value < max) {
    bytes[at] = first | value;
    return at + 1;
  }
  bytes[at] = first | max;
  let rest = value - max;
  let next = at + 1;
  while (rest >= 0x80) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
}
