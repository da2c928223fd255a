// Damaged HTTP/2 frames and header blocks for scripts/fuzz-edge.mjs and the tests, and who reads them.
import { createFrameReader, SessionError, StreamError } from '../dist/tunnel/h2/frames.js';
import { createHpackDecoder, encodeFields } from '../dist/tunnel/h2/hpack.js';
import { createHeaderBlocks } from '../dist/tunnel/h2/message-heads.js';

const [DATA, HEADERS, CONTINUATION] = [0, 1, 9];
const END_HEADERS = 4;
const MAX_FRAME_BYTES = 16_384;
const MAX_LIST_BYTES = 256 * 1024;

const below = (random, limit) => Math.floor(random() * limit);
const oneOf = (random, list) => list[below(random, list.length)];
const bytesOf = (random, length) => Buffer.from(Array.from({ length }, () => below(random, 256)));

const FIELDS = [
  [':status', '200'],
  [':method', 'GET'],
  [':authority', '10.0.0.1:80'],
  ['cf-cloudflared-proxy-src', '192.0.2.7'],
  ['cf-cloudflared-response-headers', 'YQ:Yg;Yw:ZA'],
  ['content-length', '12'],
  ['x-long', 'x'.repeat(3_000)],
  ['', ''],
];

function soundBlock(random) {
  return encodeFields(Array.from({ length: 1 + below(random, 8) }, () => oneOf(random, FIELDS)).flat());
}

function damagedBlock(random) {
  const block = Buffer.from(soundBlock(random));
  for (let changes = 1 + below(random, 5); changes > 0; changes -= 1)
    block[below(random, block.length)] = oneOf(random, [
      0,
      0x1f,
      0x20,
      0x3f,
      0x40,
      0x7f,
      0x80,
      0xbe,
      0xff,
      below(random, 256),
    ]);
  return block;
}

/** A field of a few kilobytes in the table, and references to it: a long list in few bytes. */
function bomb(random) {
  const value = Buffer.alloc(3_900, 'v');
  const literal = Buffer.concat([Buffer.from([0x40, 1, 0x62, 0x7f, 0xbd, 0x1d]), value]);
  return Buffer.concat([literal, Buffer.alloc(below(random, 12_000), 0xbe)]);
}

/** The fields of a message, as HPACK or as something like it. */
export function headerBlock(random) {
  if (random() < 0.01) return bomb(random);
  return oneOf(random, [soundBlock, damagedBlock, damagedBlock, (r) => bytesOf(r, below(r, 60))])(random);
}

function frame(random, type, flags, streamId, payload) {
  const head = Buffer.alloc(9);
  // Now and then more or less than there is.
  head.writeUIntBE(random() < 0.97 ? payload.length : below(random, 2 ** 24), 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A header block in one frame or in several. */
function headerFrames(random, streamId) {
  const block = headerBlock(random);
  const cut = random() < 0.3 ? below(random, block.length + 1) : block.length;
  const flags = below(random, 4) === 0 ? below(random, 256) : 0;
  const first = frame(
    random,
    HEADERS,
    flags | (cut === block.length ? END_HEADERS : 0),
    streamId,
    block.subarray(0, cut),
  );
  if (cut === block.length) return first;
  return Buffer.concat([first, frame(random, CONTINUATION, END_HEADERS, streamId, block.subarray(cut))]);
}

/** Some frames behind each other, as a peer might send them, or might not. */
export function randomHttp2(random) {
  const frames = Array.from({ length: 1 + below(random, 6) }, () => {
    const streamId = oneOf(random, [0, 1, 1, 3, 3, 5, below(random, 2 ** 31)]);
    if (random() < 0.6) return headerFrames(random, streamId);
    const type = oneOf(random, [DATA, 2, 3, 4, 5, 6, 7, 8, CONTINUATION, below(random, 256)]);
    return frame(random, type, below(random, 256), streamId, bytesOf(random, below(random, 40)));
  });
  return Buffer.concat(frames);
}

/** Frames, and the header blocks in them; what they are for is up to a session. */
function readFrames(chunks) {
  const blocks = createHeaderBlocks();
  const reader = createFrameReader(
    {
      destroyed: false,
      frame(type, flags, streamId, payload) {
        if (type === HEADERS || (type === CONTINUATION && blocks.open === streamId))
          blocks.frame(type, flags, streamId, payload);
      },
      dataBegins: () => undefined,
      dataBytes: () => undefined,
      dataEnds: () => undefined,
    },
    MAX_FRAME_BYTES,
  );
  for (const chunk of chunks) reader.push(chunk);
}

function readBlock(chunks) {
  const decoder = createHpackDecoder(MAX_LIST_BYTES);
  for (const chunk of chunks) decoder.push(chunk);
  decoder.finish();
}

export const FRAME_READERS = { 'HTTP/2 frames': readFrames };
export const BLOCK_READERS = { HPACK: readBlock };

/** Whether all of it could be read; throws what is none of the errors that a reader may throw. */
export function isReadableHttp2(reader, chunks) {
  try {
    reader(chunks);
    return true;
  } catch (error) {
    if (error instanceof SessionError || error instanceof StreamError) return false;
    throw error;
  }
}
