import { expect, test } from 'vitest';
import { ChunkedReader } from '../../src/proxy/http/body.js';
import { requestTrailers } from '../../src/proxy/http/fields.js';

/** Feeds `parts` one after another; returns what was handed on and what was left. */
function readAll(framed: boolean, parts: readonly Buffer[]) {
  const reader = new ChunkedReader(framed, requestTrailers);
  const pieces: Buffer[] = [];
  let left = '';
  for (const part of parts) {
    const end = reader.complete ? 0 : reader.read(part, 0, (piece) => pieces.push(piece));
    left += part.toString('latin1', end);
  }
  return { body: Buffer.concat(pieces).toString('latin1'), left, complete: reader.complete };
}

/** The text cut in two at every place, and cut into single bytes. */
function cuts(text: string): Buffer[][] {
  const bytes = Buffer.from(text, 'latin1');
  const halves = Array.from({ length: text.length + 1 }, (_, at) => [
    bytes.subarray(0, at),
    bytes.subarray(at),
  ]);
  return [...halves, Array.from(bytes, (byte) => Buffer.from([byte]))];
}

const MESSAGE = '5;name=value\r\nhello\r\n00A\r\n0123456789\r\n0\r\n';

test('chunks pass as they came, wherever they are cut', () => {
  for (const parts of cuts(`${MESSAGE}\r\nGET`)) {
    expect(readAll(true, parts)).toEqual({ body: `${MESSAGE}\r\n`, left: 'GET', complete: true });
  }
});

test('the data alone comes out, wherever the chunks are cut', () => {
  for (const parts of cuts(`${MESSAGE}\r\nGET`)) {
    expect(readAll(false, parts)).toEqual({ body: 'hello0123456789', left: 'GET', complete: true });
  }
});

test('trailers are left out, wherever they are cut', () => {
  for (const parts of cuts(`${MESSAGE}X-Trailer: one\r\nTrailer: x\r\n\r\nrest`)) {
    expect(readAll(true, parts)).toEqual({ body: `${MESSAGE}\r\n`, left: 'rest', complete: true });
    expect(readAll(false, parts)).toEqual({ body: 'hello0123456789', left: 'rest', complete: true });
  }
});

test.each([
  ['a size that is not hexadecimal', 'g\r\n'],
  ['an empty size', '\r\n'],
  ['a sign', '+5\r\nhello'],
  ['a prefix', '0x5\r\nhello'],
  ['a space behind the size', '5 \r\nhello'],
  ['more than 12 digits', '0000000000005\r\nhello'],
  ['a bare LF behind the size', '5\nhello'],
  ['a bare CR behind the size', '5\rhello'],
  ['a bare LF in an extension', '5;a\nb\r\nhello'],
  ['a NUL in an extension', '5;a\0\r\nhello'],
  ['a long extension', `5;${'x'.repeat(300)}\r\nhello`],
  ['data longer than its size', '5\r\nhello!\r\n'],
  ['data without CRLF behind it', '5\r\nhello0\r\n\r\n'],
  ['a bare LF behind the data', '5\r\nhello\n0\r\n\r\n'],
  ['a bare LF at the end', '0\r\n\n'],
  ['Content-Length as a trailer', '0\r\nA: b\r\ncontent-length: 3\r\n\r\n'],
  ['Transfer-Encoding as a trailer', '0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['Host as a trailer', '0\r\nHOST: a\r\n\r\n'],
  ['a trailer without a name', '0\r\n: b\r\n\r\n'],
  ['a trailer without a colon', '0\r\nab\r\n\r\n'],
  ['a space before the colon of a trailer', '0\r\nA : b\r\n\r\n'],
  ['a folded trailer', '0\r\nA: b\r\n c\r\n\r\n'],
  ['too many trailers', `0\r\n${'A: b\r\n'.repeat(65)}\r\n`],
  ['a bare LF in a trailer', '0\r\nA: b\n\r\n'],
  ['a long trailer', `0\r\nA: ${'x'.repeat(9000)}\r\n\r\n`],
])('%s is refused, and nothing of that buffer is handed on', (_, text) => {
  for (const framed of [true, false]) {
    const pieces: Buffer[] = [];
    const reader = new ChunkedReader(framed, requestTrailers);
    expect(() => reader.read(Buffer.from(text, 'latin1'), 0, (piece) => pieces.push(piece))).toThrow();
    expect(pieces).toEqual([]);
  }
});
