import { CODE, SessionError } from '../errors.js';
import { decodeHuffman } from './huffman.js';
import { type ReadInteger, readInteger } from './integer.js';
import { createHeaderTable, fieldSize } from './table.js';

export interface DecodedBlock {
  /** Names and values in turn; empty when the list is too large. */
  readonly fields: string[];
  /** The list is larger than what is kept: it was read, and dropped. */
  readonly tooLarge: boolean;
}

export interface HpackDecoder {
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
