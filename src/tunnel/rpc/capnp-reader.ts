import { CapnpError } from './capnp-wire.js';

const MAX_DEPTH = 64;

/**
 * Words that may be visited in one message, for each word that it has and for any message: pointers that all lead to the
 * same place would otherwise turn a few kilobytes of a stranger into many milliseconds of work.
 */
const VISITS_PER_WORD = 4;
const VISITS_OF_ANY_MESSAGE = 1024;

/** Of structs or texts: a reader of a struct is many times larger than the struct. */
const MAX_LIST_ELEMENTS = 1024;

/**
 * One struct of a message. Reading beyond what the sender wrote gives zeros and empty values, as the format demands:
 * that is how old and new versions of a schema understand each other. Every method throws CapnpError on a bad pointer.
 */
export interface StructReader {
  /** Offsets of numbers are bytes of the data section. */
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  u64(offset: number): bigint;
  i64(offset: number): bigint;
  /** Number of the bit in the data section. */
  bit(index: number): boolean;
  /** The rest take the index of a pointer. A null pointer is an empty struct, no bytes, an empty text or list. */
  struct(pointer: number): StructReader;
  /** A copy. */
  data(pointer: number): Buffer;
  text(pointer: number): string;
  structs(pointer: number): readonly StructReader[];
  texts(pointer: number): readonly string[];
  /** Index in the payload's table of capabilities, or null. */
  capability(pointer: number): number | null;
}

interface Visit {
  readonly segments: readonly Buffer[];
  readonly maxWords: number;
  wordsLeft: number;
}

/** The root struct of a message, as the framer delivers it. */
export function readMessage(segments: readonly Buffer[]): StructReader {
  const words = segments.reduce((sum, segment) => sum + segment.length / 8, 0);
  const maxWords = VISITS_PER_WORD * words + VISITS_OF_ANY_MESSAGE;
  const visit: Visit = { segments, maxWords, wordsLeft: maxWords };
  const first = segments[0];
  if (!first || first.length === 0) throw new CapnpError('message without a root pointer');
  return structReader(visit, follow(segments, first, 0), MAX_DEPTH);
}

function charge(visit: Visit, words: number): void {
  visit.wordsLeft -= words;
  if (visit.wordsLeft < 0) throw new CapnpError(`message visits more than ${visit.maxWords} words`);
}

const EMPTY: StructTarget = { kind: 'struct', segment: Buffer.alloc(0), start: 0, dataWords: 0, pointers: 0 };

function structReader(visit: Visit, target: PointerTarget | null, depth: number): StructReader {
  if (depth < 0) throw new CapnpError(`message nests deeper than ${MAX_DEPTH} levels`);
  const at = target ?? EMPTY;
  if (at.kind !== 'struct') throw new CapnpError(`${at.kind} where a struct was expected`);
  charge(visit, 1 + at.dataWords + at.pointers);
  const base = at.start * 8;
  const has = (offset: number, bytes: number) => offset + bytes <= at.dataWords * 8;
  const pointer = (index: number): PointerTarget | null =>
    index < at.pointers ? follow(visit.segments, at.segment, at.start + at.dataWords + index) : null;
  const list = (index: number): ListTarget | null => asList(pointer(index));
  const u8 = (offset: number) => (has(offset, 1) ? at.segment.readUInt8(base + offset) : 0);
  return {
    u8,
    u16: (offset) => (has(offset, 2) ? at.segment.readUInt16LE(base + offset) : 0),
    u32: (offset) => (has(offset, 4) ? at.segment.readUInt32LE(base + offset) : 0),
    u64: (offset) => (has(offset, 8) ? at.segment.readBigUInt64LE(base + offset) : 0n),
    i64: (offset) => (has(offset, 8) ? at.segment.readBigInt64LE(base + offset) : 0n),
    bit: (index) => ((u8(index >> 3) >> (index & 7)) & 1) === 1,
    struct: (index) => structReader(visit, pointer(index), depth - 1),
    data: (index) => readBytes(visit, list(index)),
    text: (index) => readText(visit, list(index)),
    structs: (index) => readStructs(visit, list(index), depth - 1),
    texts: (index) => readTexts(visit, list(index)),
    capability(index) {
      const found = pointer(index);
      return found?.kind === 'capability' ? found.index : null;
    },
  };
}

function asList(target: PointerTarget | null): ListTarget | null {
  if (target && target.kind !== 'list') throw new CapnpError(`${target.kind} where a list was expected`);
  return target;
}

function expectElements(list: ListTarget, elementSize: number, what: string): void {
  if (list.elementSize === elementSize) return;
  throw new CapnpError(
    `list with element size ${list.elementSize} where ${what} (${elementSize}) were expected`,
  );
}

function expectCount(count: number): void {
  if (count <= MAX_LIST_ELEMENTS) return;
  throw new CapnpError(`list of ${count} elements; at most ${MAX_LIST_ELEMENTS} are accepted`);
}

function readBytes(visit: Visit, list: ListTarget | null): Buffer {
  if (!list) return Buffer.alloc(0);
  expectElements(list, 2, 'bytes');
  charge(visit, 1 + Math.ceil(list.count / 8));
  return Buffer.from(list.segment.subarray(list.start * 8, list.start * 8 + list.count));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readText(visit: Visit, list: ListTarget | null): string {
  if (!list) return '';
  const bytes = readBytes(visit, list);
  if (bytes.at(-1) !== 0) throw new CapnpError('text without its closing NUL');
  try {
    return utf8.decode(bytes.subarray(0, -1));
  } catch {
    throw new CapnpError('text that is not UTF-8');
  }
}

function readTexts(visit: Visit, list: ListTarget | null): readonly string[] {
  if (!list) return [];
  expectElements(list, 6, 'pointers');
  expectCount(list.count);
  charge(visit, 1 + list.count);
  return Array.from({ length: list.count }, (_, i) =>
    readText(visit, asList(follow(visit.segments, list.segment, list.start + i))),
  );
}

function readStructs(visit: Visit, list: ListTarget | null, depth: number): readonly StructReader[] {
  if (!list) return [];
  expectElements(list, 7, 'structs');
  // The first word describes the elements: a struct pointer with their number in place of the offset.
  const tag = wordAt(list.segment, list.start);
  if ((tag.low & 3) !== 0) throw new CapnpError('list of structs without a struct tag');
  const count = tag.low >>> 2;
  const size = (tag.high & 0xffff) + (tag.high >>> 16);
  expectCount(count);
  if (count * size > list.count)
    throw new CapnpError(`${count} elements of ${size} words in ${list.count} words`);
  checkRange(list.segment, list.start + 1, count * size);
  return Array.from({ length: count }, (_, i) =>
    structReader(visit, structTarget(list.segment, tag, list.start + 1 + i * size), depth),
  );
}

// Pointers of https://capnproto.org/encoding.html: where they lead, with every bound checked. Offsets are in words.

interface StructTarget {
  readonly kind: 'struct';
  readonly segment: Buffer;
  readonly start: number;
  readonly dataWords: number;
  readonly pointers: number;
}

interface ListTarget {
  readonly kind: 'list';
  readonly segment: Buffer;
  readonly start: number;
  /** 2 = bytes, 6 = pointers, 7 = structs. */
  readonly elementSize: number;
  /** Elements; for a list of structs the words of all of them. */
  readonly count: number;
}

interface CapabilityTarget {
  readonly kind: 'capability';
  readonly index: number;
}

type PointerTarget = StructTarget | ListTarget | CapabilityTarget;

const STRUCT = 0;
const LIST = 1;
const FAR = 2;
const CAPABILITY = 3;

interface Word {
  readonly low: number;
  readonly high: number;
}

function wordAt(segment: Buffer, word: number): Word {
  checkRange(segment, word, 1);
  return { low: segment.readUInt32LE(word * 8), high: segment.readUInt32LE(word * 8 + 4) };
}

function checkRange(segment: Buffer, start: number, words: number): void {
  const size = segment.length / 8;
  if (start < 0 || start + words > size) {
    throw new CapnpError(`pointer to words ${start}..${start + words} of a segment of ${size} words`);
  }
}

/** What the pointer in this word leads to; null for the null pointer. */
function follow(segments: readonly Buffer[], segment: Buffer, word: number): PointerTarget | null {
  const pointer = wordAt(segment, word);
  if (pointer.low === 0 && pointer.high === 0) return null;
  if ((pointer.low & 3) === FAR) return followFar(segments, pointer);
  return near(segment, pointer, word + 1 + (pointer.low >> 2));
}

/** A far pointer leads to a landing pad, and never from there to another one: so following it always ends. */
function followFar(segments: readonly Buffer[], pointer: Word): PointerTarget {
  const padSegment = segmentAt(segments, pointer.high);
  const pad = pointer.low >>> 3;
  const landing = wordAt(padSegment, pad);
  if ((pointer.low & 4) === 0) {
    if ((landing.low & 3) === FAR) throw new CapnpError('far pointer to another far pointer');
    return near(padSegment, landing, pad + 1 + (landing.low >> 2));
  }
  if ((landing.low & 7) !== FAR)
    throw new CapnpError('double far pointer without a far pointer in its landing pad');
  const tag = wordAt(padSegment, pad + 1);
  if ((tag.low & 3) === FAR) throw new CapnpError('double far pointer to another far pointer');
  return near(segmentAt(segments, landing.high), tag, landing.low >>> 3);
}

function segmentAt(segments: readonly Buffer[], index: number): Buffer {
  const segment = segments[index];
  if (!segment) throw new CapnpError(`far pointer to segment ${index} of ${segments.length}`);
  return segment;
}

function near(segment: Buffer, pointer: Word, start: number): PointerTarget {
  switch (pointer.low & 3) {
    case STRUCT:
      return structTarget(segment, pointer, start);
    case LIST:
      return listTarget(segment, pointer, start);
    case CAPABILITY:
      if (pointer.low !== CAPABILITY) throw new CapnpError('pointer of an unknown kind');
      return { kind: 'capability', index: pointer.high };
    default:
      throw new CapnpError('pointer of an unknown kind');
  }
}

function structTarget(segment: Buffer, pointer: Word, start: number): StructTarget {
  const dataWords = pointer.high & 0xffff;
  const pointers = pointer.high >>> 16;
  checkRange(segment, start, dataWords + pointers);
  return { kind: 'struct', segment, start, dataWords, pointers };
}

/** Words of one element, by element size; those below a word are rounded up for the whole list. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64, 64];

function listTarget(segment: Buffer, pointer: Word, start: number): ListTarget {
  const elementSize = pointer.high & 7;
  const count = pointer.high >>> 3;
  const words = Math.ceil((count * ELEMENT_BITS[elementSize]!) / 64) + (elementSize === 7 ? 1 : 0);
  checkRange(segment, start, words);
  return { kind: 'list', segment, start, elementSize, count };
}
