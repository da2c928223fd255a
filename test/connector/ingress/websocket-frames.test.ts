import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  binaryFrame,
  closeFrame,
  createWebSocketFrameReader,
} from '../../../src/tunnel/connector/ingress/websocket-frames.js';

/** The frame of a server with a mask put on, as clients must send it. */
function masked(frame: Buffer): Buffer {
  const headLength = frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10;
  const mask = randomBytes(4);
  const payload = frame.subarray(headLength).map((byte, i) => byte ^ mask[i & 3]!);
  const head = Buffer.from(frame.subarray(0, headLength));
  head[1]! |= 0x80;
  return Buffer.concat([head, mask, payload]);
}

function read() {
  const data: Buffer[] = [];
  const pings: string[] = [];
  let closed = 0;
  const reader = createWebSocketFrameReader({
    onData: (bytes) => void data.push(bytes),
    onPing: (payload) => void pings.push(payload.toString()),
    onClose() {
      closed += 1;
    },
  });
  return { push: reader.push, bytes: () => Buffer.concat(data), pings, closed: () => closed };
}

test.each([0, 1, 125, 126, 65_535, 65_536, 200_000])(
  '%i bytes in a message arrive, however they are cut',
  (length) => {
    const payload = randomBytes(length);
    const ping = masked(Buffer.from([0x89, 2, 104, 105]));
    const frames = Buffer.concat([
      masked(binaryFrame(payload)),
      ping,
      masked(closeFrame(1000)),
      Buffer.from([0xff]),
    ]);
    for (const step of [1, 7, frames.length]) {
      if (step === 1 && length > 1_000) continue;
      const reader = read();
      for (let at = 0; at < frames.length; at += step) reader.push(frames.subarray(at, at + step));
      expect(reader.bytes().equals(payload)).toBe(true);
      expect(reader.pings).toEqual(['hi']);
      expect(reader.closed()).toBe(1);
    }
  },
);

test.each([
  ['without a mask', [0x82, 1, 0], 1002],
  ['with an extension', [0xc2, 0x80], 1002],
  ['of an unknown kind', [0x83, 0x80], 1002],
  ['of text', [0x81, 0x80], 1003],
  ['of control in parts', [0x09, 0x80], 1002],
  ['of control that is too long', [0x89, 0xfe], 1002],
])('a frame %s is refused', (_, bytes, code) => {
  expect(() => read().push(Buffer.from([...bytes, 0, 0, 0, 0]))).toThrow(expect.objectContaining({ code }));
});
