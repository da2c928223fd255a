import { CODE, SessionError } from '../errors.js';
import { STATIC_TABLE } from './static-table.js';

/** What an entry counts beyond its characters: RFC 7541, section 4.1. */
export const ENTRY_OVERHEAD = 32;

export const fieldSize = (name: string, value: string): number => name.length + value.length + ENTRY_OVERHEAD;

/** The entries that a decoder can be referred to: the static ones, then those that were added, the newest first. */
export interface HeaderTable {
  /** Throws SessionError when there is no such entry. */
  entry(index: number): readonly [name: string, value: string];
  add(name: string, value: string): void;
  /** The encoder wants to use so many bytes; SessionError when they are more than it may. */
  resize(bytes: number): void;
  /** An entry was added that is larger than any table. */
  clear(): void;
}

export function createHeaderTable(maxBytes: number): HeaderTable {
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
