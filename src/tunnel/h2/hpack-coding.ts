import { CODE, SessionError } from './frames.js';

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

/**
 * The lengths of the 256 codes and of the end-of-string code in RFC 7541, appendix B, as digits to the base 36. The code is
 * canonical, so the lengths say everything: codes of one length are consecutive numbers in the order of their symbols.
 */
const CODE_LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq' +
  'u';

const END_OF_STRING = 256;
/** Bits that one step of the decoder looks at. */
const STEP = 8;
const WIDTH = 1 << STEP;

/**
 * Tables of 256 entries, one behind the other, for the next eight bits. An entry is either the symbol and how many of
 * the bits are its own (`bits << 9 | symbol`), or, negative, the number of the table for the eight bits that follow.
 */
const TABLES = buildTables();

function buildTables(): Int32Array {
  const tables: number[] = new Array(WIDTH).fill(0);
  const bySize = Array.from(CODE_LENGTHS, (digit, symbol) => ({ symbol, bits: Number.parseInt(digit, 36) }));
  bySize.sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  let code = 0;
  let bits = bySize[0]!.bits;
  for (const next of bySize) {
    code <<= next.bits - bits;
    bits = next.bits;
    insert(tables, next.symbol, code, bits);
    code += 1;
  }
  return Int32Array.from(tables);
}

function insert(tables: number[], symbol: number, code: number, bits: number): void {
  let table = 0;
  let left = bits;
  for (; left > STEP; left -= STEP) {
    const index = table * WIDTH + ((code >>> (left - STEP)) & (WIDTH - 1));
    if (tables[index] === 0) {
      tables[index] = -tables.length / WIDTH;
      for (let i = 0; i < WIDTH; i += 1) tables.push(0);
    }
    table = -tables[index]!;
  }
  const spare = STEP - left;
  const first = table * WIDTH + ((code << spare) & (WIDTH - 1));
  tables.fill((left << 9) | symbol, first, first + (1 << spare));
}

const scratch = Buffer.allocUnsafeSlow(8 * 1024);

/** The text (latin1) of a Huffman-coded string; SessionError when it is none. */
export function decodeHuffman(bytes: Buffer): string {
  // The shortest code has five bits.
  const room = Math.ceil((bytes.length * 8) / 5);
  const out = room <= scratch.length ? scratch : Buffer.allocUnsafeSlow(room);
  let length = 0;
  let table = 0;
  let held = 0;
  let bits = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    held = (held << 8) | bytes[at]!;
    bits += 8;
    while (bits >= STEP) {
      const entry = TABLES[table * WIDTH + ((held >>> (bits - STEP)) & (WIDTH - 1))]!;
      if (entry < 0) {
        table = -entry;
        bits -= STEP;
      } else {
        out[length++] = symbolOf(entry);
        bits -= entry >>> 9;
        table = 0;
      }
    }
  }
  // Less than eight bits are left: codes that are short enough, then padding of ones.
  while (bits > 0) {
    const entry =
      TABLES[table * WIDTH + (((held << (STEP - bits)) | ((1 << (STEP - bits)) - 1)) & (WIDTH - 1))]!;
    if (entry < 0 || entry >>> 9 > bits) break;
    out[length++] = symbolOf(entry);
    bits -= entry >>> 9;
    table = 0;
  }
  const ones = (1 << bits) - 1;
  if (table !== 0 || (held & ones) !== ones)
    throw new SessionError(CODE.COMPRESSION_ERROR, 'Huffman-coded string with wrong padding');
  return out.toString('latin1', 0, length);
}

function symbolOf(entry: number): number {
  const symbol = entry & 0x1ff;
  if (symbol === END_OF_STRING)
    throw new SessionError(CODE.COMPRESSION_ERROR, 'Huffman-coded string with an end-of-string code in it');
  return symbol;
}

/** RFC 7541, appendix A: name and value of the entries 1 to 61. */
export const STATIC_TABLE: readonly (readonly [name: string, value: string])[] = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split('\n')
  .map((line) => {
    const space = line.indexOf(' ');
    return space === -1 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
  });

const names = new Map<string, number>();
/** By name, then by value: few names have values here. */
const fields = new Map<string, Map<string, number>>();
for (const [index, [name, value]] of STATIC_TABLE.entries()) {
  if (!names.has(name)) names.set(name, index + 1);
  if (value === '') continue;
  const values = fields.get(name) ?? new Map<string, number>();
  fields.set(name, values.set(value, index + 1));
}

/** Index of the entry with this name and value, or 0. */
export const staticField = (name: string, value: string): number => fields.get(name)?.get(value) ?? 0;

/** Index of the first entry with this name, or 0. */
export const staticName = (name: string): number => names.get(name) ?? 0;
