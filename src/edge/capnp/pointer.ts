import { CapnpError } from './capnp-error.js';

/** Pointers of https://capnproto.org/encoding.html: where they lead, with every bound checked. Offsets are in words. */

export interface StructTarget {
  readonly kind: 'struct';
  readonly segment: Buffer;
  readonly start: number;
  readonly dataWords: number;
  readonly pointers: number;
}

export interface ListTarget {
  readonly kind: 'list';
  readonly segment: Buffer;
  readonly start: number;
  /** 2 = bytes, 6 = pointers, 7 = structs. */
  readonly elementSize: number;
  /** Elements; for a list of structs the words of all of them. */
  readonly count: number;
}

export interface CapabilityTarget {
  readonly kind: 'capability';
  readonly index: number;
}

export type PointerTarget = StructTarget | ListTarget | CapabilityTarget;

const STRUCT = 0;
const LIST = 1;
const FAR = 2;
const CAPABILITY = 3;

interface Word {
  readonly low: number;
  readonly high: number;
}

export function wordAt(segment: Buffer, word: number): Word {
  checkRange(segment, word, 1);
  return { low: segment.readUInt32LE(word * 8), high: segment.readUInt32LE(word * 8 + 4) };
}

export function checkRange(segment: Buffer, start: number, words: number): void {
  const size = segment.length / 8;
  if (start < 0 || start + words > size) {
    throw new CapnpError(`pointer to words ${start}..${start + words} of a segment of ${size} words`);
  }
}

/** What the pointer in this word leads to; null for the null pointer. */
export function follow(segments: readonly Buffer[], segment: Buffer, word: number): PointerTarget | null {
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

export function structTarget(segment: Buffer, pointer: Word, start: number): StructTarget {
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
