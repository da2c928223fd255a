// Damaged frames of Cap'n Proto RPC for scripts/fuzz-edge.mjs and the tests: real ones with something wrong in them, and
// made ones that no writer would write.
import { readFileSync } from 'node:fs';
import { createMessageWriter } from '../dist/tunnel/rpc/capnp-wire.js';

const GOLDEN = new URL('../test/edge/golden-frames.json', import.meta.url);
/** Of a real session, both directions. */
export const originals = Object.values(JSON.parse(readFileSync(GOLDEN, 'utf8'))).flatMap((side) =>
  Object.values(side).map((lines) => Buffer.from(lines.join(''), 'hex')),
);

const INTERESTING = [0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0a, 0x7f, 0x80, 0xfc, 0xfe, 0xff];
const WORD = 8;

const below = (random, limit) => Math.floor(random() * limit);
const oneOf = (random, list) => list[below(random, list.length)];
const wordOf = (random, bytes) => below(random, Math.max(1, bytes.length >> 3)) * WORD;

/** A size or an offset: mostly small, at times the largest that the field can hold. */
function magnitude(random, largest) {
  return oneOf(random, [0, 1, 2, below(random, 16), below(random, 2_000), largest]) & largest;
}

/** A pointer of any kind that leads anywhere: backwards, to itself, behind the end, to other segments. */
function pointer(random) {
  const offset = oneOf(random, [-1, 0, 1, below(random, 32) - 16, below(random, 2 ** 30) - 2 ** 29]);
  const far = (double) => [
    (magnitude(random, 2 ** 29 - 1) << 3) | (double ? 6 : 2),
    magnitude(random, 2 ** 32 - 1),
  ];
  return oneOf(random, [
    () => [offset << 2, magnitude(random, 0xffff) | (magnitude(random, 0xffff) << 16)],
    () => [(offset << 2) | 1, (magnitude(random, 2 ** 29 - 1) << 3) | below(random, 8)],
    () => far(false),
    () => far(true),
    () => [3, magnitude(random, 0xffff)],
    () => [below(random, 2 ** 32), below(random, 2 ** 32)],
  ])();
}

function plant(random, bytes, at) {
  const [low, high] = pointer(random);
  bytes.writeInt32LE(low | 0, at);
  bytes.writeInt32LE(high | 0, at + 4);
}

/** What may be done to the bytes of a frame, in place. */
const DAMAGES = [
  (random, bytes) => {
    bytes[below(random, bytes.length)] = below(random, 256);
  },
  (random, bytes) => {
    bytes[below(random, bytes.length)] = oneOf(random, INTERESTING);
  },
  (random, bytes) => {
    bytes[below(random, bytes.length)] ^= 1 << below(random, 8);
  },
  // A word in the place of another one: plausible pointers in wrong places.
  (random, bytes) => {
    const from = wordOf(random, bytes);
    bytes.copy(bytes, wordOf(random, bytes), from, from + WORD);
  },
  (random, bytes) => plant(random, bytes, wordOf(random, bytes)),
];

function damaged(random) {
  const bytes = Buffer.from(oneOf(random, originals));
  for (let changes = 1 + below(random, 6); changes > 0; changes -= 1) oneOf(random, DAMAGES)(random, bytes);
  return bytes;
}

function framed(segments) {
  const header = Buffer.alloc((4 + 4 * segments.length + 7) & ~7);
  header.writeUInt32LE(segments.length - 1, 0);
  segments.forEach((bytes, i) => {
    header.writeUInt32LE(bytes.length / WORD, 4 + 4 * i);
  });
  return Buffer.concat([header, ...segments]);
}

/** Words of pointers alone: they lead into each other, in circles and to other segments. */
function tangle(random) {
  const segments = Array.from({ length: 1 + below(random, 4) }, () => {
    const bytes = Buffer.alloc(WORD * (1 + below(random, 40)));
    for (let at = 0; at < bytes.length; at += WORD) plant(random, bytes, at);
    return bytes;
  });
  // A message of the kind that is read further: its body is the tangle.
  segments[0] = Buffer.concat([messageHead(random), segments[0]]);
  return framed(segments);
}

/** A root struct with the tag of a call, a return or whatever, and one pointer that leads to what follows. */
function messageHead(random) {
  const head = Buffer.alloc(2 * WORD);
  head.writeUInt32LE(0x0001_0001, 4);
  head.writeUInt16LE(oneOf(random, [1, 2, 2, 2, 3, 3, 4, 6, 8, below(random, 65_536)]), WORD);
  return head;
}

/** Structs in structs, up to deeper than anybody reads. */
function nested(random) {
  const levels = 1 + below(random, 300);
  const bytes = Buffer.alloc(WORD * (levels + 1));
  for (let level = 0; level < levels; level += 1) bytes.writeUInt32LE(0x0001_0000, level * WORD + 4);
  if (random() < 0.5) plant(random, bytes, levels * WORD);
  return framed([bytes]);
}

/** A registration with `count` features that are all in the same `words` words: much to read in a short message. */
export function repeated(count, words) {
  const list = Buffer.alloc((count + words) * WORD);
  for (let i = 0; i < count; i += 1) {
    list.writeUInt32LE(((count - 1 - i) << 2) | 1, i * WORD);
    list.writeUInt32LE((words * WORD * 8) | 2, i * WORD + 4);
  }
  list.fill('a', count * WORD).writeUInt8(0, list.length - 1);
  const inCall = createMessageWriter(1, 1);
  inCall.root.u16(0, 2);
  const call = inCall.root.struct(0, 3, 3);
  call.u64(8, 0xf71695ec7fe85497n);
  const params = call.struct(1, 0, 2).struct(0, 1, 3);
  params.data(1, Buffer.alloc(16, 1));
  const client = params.struct(2, 1, 2).struct(0, 0, 4);
  client.data(0, Buffer.alloc(16, 2));
  client.data(1, list);
  const frame = inCall.frame();
  // The writer took the list for bytes: it is one of pointers. Its own pointer is the second of four, before the id.
  const at = frame.indexOf(list) - 5 * WORD;
  frame.writeUInt32LE(((count << 3) | 6) >>> 0, at + 4);
  return frame;
}

/** A real message cut into segments, which its pointers know nothing of. */
function resegmented(random) {
  const body = oneOf(random, originals).subarray(WORD);
  const cut = wordOf(random, body);
  const segments = [body.subarray(0, cut), body.subarray(cut)];
  if (random() < 0.5) segments.push(Buffer.alloc(0));
  const frame = framed(segments);
  for (let planted = below(random, 3); planted > 0; planted -= 1) plant(random, frame, wordOf(random, frame));
  return frame;
}

function oversized(random) {
  const frame = Buffer.from(oneOf(random, originals));
  frame.writeUInt32LE(oneOf(random, [0, 1, 63, 64, 2 ** 31, 2 ** 32 - 1]), 0);
  frame.writeUInt32LE(oneOf(random, [0, 8_191, 8_192, 2 ** 20, 2 ** 20 + 1, 2 ** 32 - 1]), 4);
  return frame;
}

const noise = (random) =>
  Buffer.from(Array.from({ length: 8 + below(random, 200) }, () => below(random, 256)));

const KINDS = [damaged, damaged, damaged, damaged, tangle, nested, resegmented, oversized, noise];

/** One frame, or what is left of one, or several behind each other. */
export function randomFrame(random) {
  const made =
    random() < 0.01
      ? repeated(1 + below(random, 1_024), 1 + below(random, random() < 0.02 ? 6_500 : 50))
      : oneOf(random, KINDS)(random);
  const shape = random();
  if (shape < 0.1) return made.subarray(0, below(random, made.length));
  return shape < 0.2 ? Buffer.concat([oneOf(random, originals), made]) : made;
}

/** The same bytes as they may come from a socket. */
export function inChunks(random, bytes) {
  if (random() < 0.7) return [bytes];
  const size = 1 + below(random, 64);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}
