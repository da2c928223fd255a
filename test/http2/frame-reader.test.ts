import { expect, test } from 'vitest';
import {
  appendData,
  createFrameReader,
  FLAG,
  FRAME,
  pingFrame,
  windowUpdateFrame,
} from '../../src/tunnel/h2/frames.js';
import { frame } from './rig.js';

/** Everything that a reader makes of bytes that come in such pieces, as text. */
function read(pieces: Buffer[], stopAfter = Number.POSITIVE_INFINITY): string[] {
  const heard: string[] = [];
  let body = Buffer.alloc(0);
  const reader = createFrameReader(
    {
      get destroyed() {
        return heard.length >= stopAfter;
      },
      frame: (type, flags, id, payload) => heard.push(`${type} ${flags} ${id} ${payload.toString('hex')}`),
      dataBegins: (flags, id, length) => heard.push(`data ${flags} ${id} ${length}`),
      dataBytes: (bytes) => {
        body = Buffer.concat([body, bytes]);
      },
      dataEnds: () => {
        heard.push(`body ${body.toString('hex')}`);
        body = Buffer.alloc(0);
      },
    },
    16_384,
  );
  for (const piece of pieces) reader.push(piece);
  return heard;
}

const data: Buffer[] = [];
appendData(data, 1, Buffer.from('hello'), false);
appendData(data, 1, Buffer.alloc(0), true);
const bytes = Buffer.concat([
  pingFrame(Buffer.from('abcdefgh'), false),
  ...data,
  windowUpdateFrame(3, 9),
  frame(FRAME.DATA, FLAG.PADDED, 5, [1, 7, 0]),
  frame(FRAME.SETTINGS, 0, 0),
]);
const expected = [
  '6 0 0 6162636465666768',
  'data 0 1 5',
  'body 68656c6c6f',
  'data 1 1 0',
  'body ',
  '8 0 3 00000009',
  '0 8 5 010700',
  '4 0 0 ',
];

test('frames are the same wherever the bytes are cut', () => {
  expect(read([bytes])).toEqual(expected);
  for (let cut = 1; cut < bytes.length; cut += 1)
    expect(read([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(expected);
  expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
});

test('a large payload is handed on without a copy', () => {
  const payload = Buffer.alloc(10_000);
  const out: Buffer[] = [];
  appendData(out, 1, payload, false);
  expect(out[1]).toBe(payload);
  const whole = Buffer.concat(out);
  const views: Buffer[] = [];
  const reader = createFrameReader(
    { destroyed: false, frame() {}, dataBegins() {}, dataBytes: (view) => views.push(view), dataEnds() {} },
    16_384,
  );
  reader.push(whole);
  expect(views[0]!.buffer).toBe(whole.buffer);
});

test('a frame above the limit is refused by its header', () => {
  expect(() => read([frame(FRAME.DATA, 0, 1, Buffer.alloc(16_385)).subarray(0, 9)])).toThrow(
    expect.objectContaining({ code: 6 }),
  );
});

test('the reserved bit of a stream identifier means nothing', () => {
  expect(read([frame(FRAME.PING, 0, 0x80000000, Buffer.alloc(8))])).toEqual(['6 0 0 0000000000000000']);
});

test('nothing is read behind the frame that ended the session', () => {
  expect(read([bytes], 1)).toEqual(expected.slice(0, 1));
});
