import { MAX_INTEGER_BYTES, writeInteger } from './integer.js';
import { staticField, staticName } from './static-table.js';

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
