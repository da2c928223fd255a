import { CODE, SessionError } from './frames.js';
import {
  decodeHuffman,
  MAX_INTEGER_BYTES,
  type ReadInteger,
  readInteger,
  STATIC_TABLE,
  staticField,
  staticName,
  writeInteger,
} from './hpack-coding.js';

const LITERAL_WITHOUT_INDEXING = 0x00;
const INDEXED = 0x80;
const TABLE_SIZE = 0x20;

/** Says that no entries will be added: needed when the other end has made its table smaller. */
export const EMPTY_TABLE = Buffer.from([TABLE_SIZE]);

/**
 * A header block of names and values in turn. Nothing is added to the other end's table and nothing is Huffman-coded:
 * the few fields of this wire are not worth the time, and a block that depends on nothing cannot go wrong.
 */
export function encodeFields(fields: readonly string[]): Buffer {
  let room = 0;
  for (const text of fields) room += text.length + 2 * MAX_INTEGER_BYTES;
  const bytes = Buffer.allocUnsafe(room);
  let at = 0;
  for (let i = 0; i < fields.length; i += 2) at = writeField(bytes, at, fields[i]!, fields[i + 1]!);
  return bytes.subarray(0, at);
}

function writeField(bytes: Buffer, start: number, name: string, value: string): number {
  const index = staticField(name, value);
  if (index > 0) return writeInteger(bytes, start, 7, INDEXED, index);
  const nameIndex = staticName(name);
  let at = writeInteger(bytes, start, 4, LITERAL_WITHOUT_INDEXING, nameIndex);
  if (nameIndex === 0) at = writeString(bytes, at, name);
  return writeString(bytes, at, value);
}

function writeString(bytes: Buffer, start: number, text: string): number {
  const at = writeInteger(bytes, start, 7, 0, text.length);
  return at + bytes.write(text, at, 'latin1');
}

export interface DecodedBlock {
  /** Names and values in turn; empty when the list is too large. */
  readonly fields: string[];
  /** The list is larger than what is kept: it was read, and dropped. */
  readonly tooLarge: boolean;
}

interface HpackDecoder {
  /** The next bytes of the block, wherever they are cut. Throws SessionError when they are no header block. */
  push(bytes: Buffer): void;
  /** The block is complete. */
  finish(): DecodedBlock;
}

/** What encoders may assume until they are told otherwise, and we tell nothing else. */
const TABLE_BYTES = 4_096;

/**
 * A string of more coded bytes never fits the table, because no code has more than 30 bits. So one that is not kept for
 * the list need not be known for the table either.
 */
const MAX_TABLE_STRING = Math.ceil((TABLE_BYTES * 30) / 8);

type Step = 'field' | 'name' | 'value';

/**
 * Decodes the header blocks of one session. A list above `maxListBytes` is read to its end all the same, so that the
 * table stays the same at both ends, but without holding it: strings that would not fit are skipped.
 */
export function createHpackDecoder(maxListBytes: number): HpackDecoder {
  const table = createHeaderTable(TABLE_BYTES);
  const integer: ReadInteger = { value: 0, next: 0 };
  let fields: string[] = [];
  let listBytes = 0;
  let step: Step = 'field';
  let atStart = true;
  /** Of the literal that is being read; null = skipped. */
  let name: string | null = null;
  let indexing = false;
  /** Bytes of a skipped string that are still to come. */
  let skip = 0;
  /** What is not understood yet, and how many bytes that takes. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  let needed = 0;

  function emit(fieldName: string | null, value: string | null): void {
    listBytes += fieldName === null || value === null ? maxListBytes + 1 : fieldSize(fieldName, value);
    if (listBytes > maxListBytes) fields = [];
    else fields.push(fieldName!, value!);
  }

  function beginField(bytes: Buffer, at: number): number {
    const first = bytes[at]!;
    const prefixBits = first & 0x80 ? 7 : first & 0x40 ? 6 : first & 0x20 ? 5 : 4;
    readInteger(bytes, at, prefixBits, integer);
    if (integer.next === -1) return -1;
    const { value, next } = integer;
    if (prefixBits === 5) {
      if (!atStart) throw new SessionError(CODE.COMPRESSION_ERROR, 'header table resized within a block');
      table.resize(value);
      return next;
    }
    atStart = false;
    if (prefixBits === 7) {
      const [indexedName, indexedValue] = table.entry(value);
      emit(indexedName, indexedValue);
      return next;
    }
    indexing = prefixBits === 6;
    step = value === 0 ? 'name' : 'value';
    if (value > 0) name = table.entry(value)[0];
    return next;
  }

  function readString(bytes: Buffer, at: number): number {
    readInteger(bytes, at, 7, integer);
    if (integer.next === -1) return -1;
    const { value: length, next } = integer;
    if (length > MAX_TABLE_STRING && length > maxListBytes - listBytes) {
      skip = length;
      endString(null);
      return next;
    }
    if (bytes.length - next < length) {
      needed = next - at + length;
      return -1;
    }
    const coded = bytes.subarray(next, next + length);
    endString(bytes[at]! & 0x80 ? decodeHuffman(coded) : coded.toString('latin1'));
    return next + length;
  }

  function endString(text: string | null): void {
    if (step === 'name') {
      name = text;
      step = 'value';
      return;
    }
    if (indexing) {
      if (name === null || text === null) table.clear();
      else table.add(name, text);
    }
    emit(name, text);
    step = 'field';
  }

  function push(chunk: Buffer): void {
    let bytes = chunk;
    if (heldBytes > 0) {
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < needed) return;
      bytes = Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
    let at = 0;
    while (at < bytes.length) {
      if (skip > 0) {
        const skipped = Math.min(skip, bytes.length - at);
        skip -= skipped;
        at += skipped;
        continue;
      }
      needed = 0;
      const next = step === 'field' ? beginField(bytes, at) : readString(bytes, at);
      if (next === -1) {
        held = [bytes.subarray(at)];
        heldBytes = bytes.length - at;
        return;
      }
      at = next;
    }
  }

  return {
    push,
    finish() {
      if (heldBytes > 0 || skip > 0 || step !== 'field')
        throw new SessionError(CODE.COMPRESSION_ERROR, 'header block that ends within a field');
      const block = { fields, tooLarge: listBytes > maxListBytes };
      fields = [];
      listBytes = 0;
      atStart = true;
      return block;
    },
  };
}

/** What an entry counts beyond its characters: RFC 7541, section 4.1. */
const ENTRY_OVERHEAD = 32;

const fieldSize = (name: string, value: string): number => name.length + value.length + ENTRY_OVERHEAD;

/** The entries that a decoder can be referred to: the static ones, then those that were added, the newest first. */
interface HeaderTable {
  /** Throws SessionError when there is no such entry. */
  entry(index: number): readonly [name: string, value: string];
  add(name: string, value: string): void;
  /** The encoder wants to use so many bytes; SessionError when they are more than it may. */
  resize(bytes: number): void;
  /** An entry was added that is larger than any table. */
  clear(): void;
}

function createHeaderTable(maxBytes: number): HeaderTable {
  let limit = maxBytes;
  let size = 0;
  /** The newest last. */
  let entries: (readonly [string, string])[] = [];

  function shrinkTo(bytes: number): void {
    let gone = 0;
    for (; size > bytes; gone += 1) size -= fieldSize(...entries[gone]!);
    if (gone > 0) entries = entries.slice(gone);
  }

  return {
    entry(index) {
      const found = STATIC_TABLE[index - 1] ?? entries[entries.length - (index - STATIC_TABLE.length)];
      if (!found) throw new SessionError(CODE.COMPRESSION_ERROR, `header table without an entry ${index}`);
      return found;
    },
    add(name, value) {
      const bytes = fieldSize(name, value);
      shrinkTo(Math.max(0, limit - bytes));
      if (bytes > limit) return;
      entries.push([name, value]);
      size += bytes;
    },
    resize(bytes) {
      if (bytes > maxBytes)
        throw new SessionError(
          CODE.COMPRESSION_ERROR,
          `header table of ${bytes} bytes; at most ${maxBytes} were offered`,
        );
      limit = bytes;
      shrinkTo(limit);
    },
    clear: () => shrinkTo(0),
  };
}
