import { expect, test } from 'vitest';
import { readMessage, type StructReader } from '../../src/tunnel/rpc/capnp-reader.js';
import {
  CapnpError,
  createFramer,
  createMessageWriter,
  MAX_MESSAGE_BYTES,
  MAX_SEGMENTS,
} from '../../src/tunnel/rpc/capnp-wire.js';

/** A segment from its words, each `[low, high]`. */
function segment(...words: [number, number][]): Buffer {
  const bytes = Buffer.alloc(words.length * 8);
  words.forEach(([low, high], i) => {
    bytes.writeUInt32LE(low >>> 0, i * 8);
    bytes.writeUInt32LE(high >>> 0, i * 8 + 4);
  });
  return bytes;
}

const structPointer = (offset: number, data: number, pointers: number): [number, number] => [
  offset << 2,
  data | (pointers << 16),
];
const listPointer = (offset: number, size: number, count: number): [number, number] => [
  (offset << 2) | 1,
  (count << 3) | size,
];
const farPointer = (word: number, target: number, double = false): [number, number] => [
  (word << 3) | (double ? 4 : 0) | 2,
  target,
];

function frame(...segments: Buffer[]): Buffer {
  const header = Buffer.alloc((4 + 4 * segments.length + 7) & ~7);
  header.writeUInt32LE(segments.length - 1, 0);
  segments.forEach((bytes, i) => {
    header.writeUInt32LE(bytes.length / 8, 4 + 4 * i);
  });
  return Buffer.concat([header, ...segments]);
}

function segmentsOf(bytes: Buffer, maxMessageBytes = MAX_MESSAGE_BYTES): (readonly Buffer[])[] {
  const messages: (readonly Buffer[])[] = [];
  const framer = createFramer({
    maxMessageBytes: () => maxMessageBytes,
    onMessage: (segments) => messages.push(segments),
  });
  framer.push(bytes);
  return messages;
}

test('a message reads as it was written', () => {
  const message = createMessageWriter(2, 6);
  const { root } = message;
  root.u8(0, 200);
  root.u16(2, 60_000);
  root.u32(4, 4_000_000_000);
  root.u64(8, 2n ** 63n);
  root.data(0, Buffer.from([1, 2, 3]));
  root.text(1, 'zwölf');
  root.texts(2, ['', 'b', 'x'.repeat(1000)]);
  root.struct(3, 1, 0).bit(9, true);
  const [first, second] = root.structs(4, 2, 1, 1);
  first!.u32(0, 1);
  second!.text(0, 'second');
  root.capability(5, 7);
  const reader = readMessage(segmentsOf(message.frame())[0]!);
  expect(reader.u8(0)).toBe(200);
  expect(reader.u16(2)).toBe(60_000);
  expect(reader.u32(4)).toBe(4_000_000_000);
  expect(reader.u64(8)).toBe(2n ** 63n);
  expect(reader.i64(8)).toBe(-(2n ** 63n));
  expect(reader.data(0)).toEqual(Buffer.from([1, 2, 3]));
  expect(reader.text(1)).toBe('zwölf');
  expect(reader.texts(2)).toEqual(['', 'b', 'x'.repeat(1000)]);
  expect(reader.struct(3).bit(9)).toBe(true);
  expect(reader.struct(3).bit(8)).toBe(false);
  expect(reader.structs(4).map((item) => [item.u32(0), item.text(0)])).toEqual([
    [1, ''],
    [0, 'second'],
  ]);
  expect(reader.capability(5)).toBe(7);
  expect(reader.capability(4)).toBeNull();
});

test('what the sender did not write reads as nothing', () => {
  const reader = readMessage([segment(structPointer(-1, 0, 0))]);
  expect(reader.u64(8)).toBe(0n);
  expect(reader.bit(1000)).toBe(false);
  expect(reader.text(3)).toBe('');
  expect(reader.data(3)).toHaveLength(0);
  expect(reader.structs(0)).toEqual([]);
  expect(reader.struct(0).struct(0).texts(0)).toEqual([]);
});

test('far pointers lead to other segments', () => {
  const far = [segment(farPointer(1, 1)), segment([0, 0], structPointer(0, 1, 0), [42, 0])];
  expect(readMessage(far).u32(0)).toBe(42);
  const double = [
    segment(farPointer(0, 1, true)),
    segment(farPointer(1, 2), structPointer(0, 1, 0)),
    segment([0, 0], [43, 0]),
  ];
  expect(readMessage(double).u32(0)).toBe(43);
});

test('several messages in one chunk, and one message in many chunks', () => {
  const bytes = frame(segment(structPointer(0, 1, 0), [7, 0]));
  expect(segmentsOf(Buffer.concat([bytes, bytes, bytes]))).toHaveLength(3);
  let messages = 0;
  const framer = createFramer({ maxMessageBytes: () => 1_000, onMessage: () => (messages += 1) });
  for (const byte of Buffer.concat([bytes, bytes])) framer.push(Buffer.from([byte]));
  expect(messages).toBe(2);
});

test.each<[string, Buffer]>([
  ['too many segments', segment([MAX_SEGMENTS, 0])],
  ['a count of segments that wraps around', segment([0xffffffff, 0])],
  ['a message that is too large', segment([0, MAX_MESSAGE_BYTES / 8 + 1])],
  ['segments that are too large together', segment([1, MAX_MESSAGE_BYTES / 8], [1, 0])],
])('a frame is malformed: %s', (_what, bytes) => {
  expect(() => segmentsOf(bytes)).toThrow(CapnpError);
});

test('a message is refused by its header, before its body has come', () => {
  expect(() => segmentsOf(segment([0, 1_001]), 8_000)).toThrow('message of 8008 bytes; at most 8000');
  expect(segmentsOf(segment([0, 1_000]), 8_000)).toEqual([]);
});

const deep = (reader: StructReader): void => {
  let at = reader;
  for (let i = 0; i < 1_000; i += 1) at = at.struct(0);
};
const text = (reader: StructReader) => reader.text(0);
const texts = (reader: StructReader) => reader.texts(0);
const structs = (reader: StructReader) => reader.structs(0);
const number = (reader: StructReader) => reader.u32(0);

test.each<[string, Buffer[], (reader: StructReader) => unknown]>([
  ['no segment', [], number],
  ['an empty first segment', [Buffer.alloc(0)], number],
  ['a struct behind the end', [segment(structPointer(5, 1, 0))], number],
  ['a struct before the start', [segment(structPointer(-2, 1, 0))], number],
  ['a struct that is longer than the segment', [segment(structPointer(0, 65_535, 65_535))], number],
  ['a far pointer to a missing segment', [segment(farPointer(0, 9))], number],
  ['a far pointer behind the end', [segment(farPointer(99, 0))], number],
  ['a far pointer to itself', [segment(farPointer(0, 0))], number],
  ['a far pointer to a far pointer', [segment(farPointer(0, 1)), segment(farPointer(0, 0))], number],
  ['a double far pointer to itself', [segment(farPointer(0, 0, true), farPointer(0, 0))], number],
  ['a double far pointer without a pad', [segment(farPointer(1, 0, true), [0, 0], [0, 0])], number],
  [
    'a double far pointer whose pad is cut off',
    [segment(farPointer(0, 1, true)), segment(farPointer(0, 0))],
    number,
  ],
  ['a capability as the root', [segment([3, 0])], number],
  ['a pointer of an unknown kind', [segment([7, 0])], number],
  ['a struct that contains itself', [segment(structPointer(0, 0, 1), structPointer(-1, 0, 1))], deep],
  ['a list where a struct belongs', [segment(structPointer(0, 0, 1), listPointer(0, 2, 0))], deep],
  ['a struct where a list belongs', [segment(structPointer(0, 0, 1), structPointer(-1, 0, 0))], text],
  ['a text behind the end', [segment(structPointer(0, 0, 1), listPointer(0, 2, 9), [0, 0])], text],
  ['a text without its NUL', [segment(structPointer(0, 0, 1), listPointer(0, 2, 3), [0x616161, 0])], text],
  ['an empty text without its NUL', [segment(structPointer(0, 0, 1), listPointer(0, 2, 0))], text],
  ['a text that is not UTF-8', [segment(structPointer(0, 0, 1), listPointer(0, 2, 2), [0x00ff, 0])], text],
  ['a text of the largest count', [segment(structPointer(0, 0, 1), listPointer(0, 2, 2 ** 29 - 1))], text],
  ['a text of words', [segment(structPointer(0, 0, 1), listPointer(0, 5, 1), [0, 0])], text],
  ['texts in a list of bytes', [segment(structPointer(0, 0, 1), listPointer(0, 2, 1), [0, 0])], texts],
  ['structs without a tag', [segment(structPointer(0, 0, 1), listPointer(0, 7, 0), [1, 0])], structs],
  ['structs without room for the tag', [segment(structPointer(0, 0, 1), listPointer(0, 7, 0))], structs],
  [
    'more structs than their words',
    [segment(structPointer(0, 0, 1), listPointer(0, 7, 1), structPointer(2, 1, 0), [0, 0], [0, 0])],
    structs,
  ],
  [
    'a million empty structs',
    [segment(structPointer(0, 0, 1), listPointer(0, 7, 0), structPointer(1_000_000, 0, 0))],
    structs,
  ],
  [
    'a million null texts',
    [segment(structPointer(0, 0, 1), listPointer(0, 6, 2_000), ...nulls(2_000))],
    texts,
  ],
])('a message is malformed: %s', (_what, segments, read) => {
  expect(() => read(readMessage(segments))).toThrow(CapnpError);
});

function nulls(count: number): [number, number][] {
  return Array.from({ length: count }, () => [0, 0]);
}

test('pointers that all lead to the same large place are not followed for ever', () => {
  const words = 4_096;
  const pointers: [number, number][] = Array.from({ length: 1_000 }, (_, i) =>
    listPointer(1_000 - i - 1, 2, words * 8),
  );
  const body = nulls(words);
  const reader = readMessage([segment(structPointer(0, 0, 1_000), ...pointers, ...body)]);
  const readAll = () => pointers.forEach((_, i) => void reader.data(i));
  expect(readAll).toThrow('visits more than 21412 words');
});
