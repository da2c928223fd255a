import { expect, test } from 'vitest';
import { readRequestHead } from '../../../src/proxy/http/request-head.js';
import { readIngressHead } from '../../../src/proxy/upstream/ingress.js';
import { fromOrigin } from '../../edge/fake-ingress.js';

const request = readRequestHead('GET / HTTP/1.1\r\nHost: app.example.com\r\n', 10);
const read = (headers: object) =>
  readIngressHead(Object.entries(headers).flat().map(String), request, { headBytes: 4_096, fieldCount: 10 });

test('the fields of the origin are all that counts', () => {
  expect(read(fromOrigin(404, ['X-Own', '1', 'Content-Length', '3']))).toMatchObject({
    status: 404,
    reason: 'Not Found',
    contentLength: 3,
    passedOn: 'X-Own: 1\r\n',
  });
});

test('fields about one connection go no further, whatever names them', () => {
  const fields = ['Connection', 'close, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Trailer', 'X-End'];
  expect(read(fromOrigin(200, [...fields, 'Cf-Int-Own', '1', 'X-Own', '1'])).passedOn).toBe('X-Own: 1\r\n');
});

test('a blank between a name and its colon is taken out', () => {
  const fields = ['X-Own ', '1', 'Keep-Alive \t', 'timeout=5'];
  expect(read(fromOrigin(200, fields)).passedOn).toBe('X-Own: 1\r\n');
});

test('without a request for it there is no upgrade', () => {
  expect(read(fromOrigin(200, ['Upgrade', 'websocket', 'Connection', 'Upgrade'])).status).toBe(200);
});

test.each([
  ['a line break in a value', ['A', 'b\r\nSet-Cookie: c']],
  ['a bare line feed in a value', ['A', 'b\nc']],
  ['a NUL in a value', ['A', 'b\0']],
  ['a space in a name', ['A b', 'c']],
  ['a colon in a name', ['A:', 'c']],
  ['a pseudo-header', [':status', '200']],
  ['an empty name', ['', 'c']],
  ['a second length, even the same', ['Content-Length', '3', 'Content-Length', '3']],
  ['a length that is a list', ['Content-Length', '3, 3']],
  ['a length beside chunks', ['Content-Length', '3', 'Transfer-Encoding', 'chunked']],
  ['a coding of the transfer that is not known', ['Transfer-Encoding', 'gzip, chunked']],
])('%s is refused', (_, fields) => {
  expect(() => read(fromOrigin(200, fields))).toThrow(
    expect.objectContaining({ failure: 'connector_invalid' }),
  );
});

test.each([
  [
    'more fields than are taken',
    200,
    Array.from({ length: 22 }, () => 'a'),
    'more fields than the limit of 10',
  ],
  ['a larger header than is taken', 200, ['A', 'b'.repeat(4_100)], 'longer than the limit of 4096 bytes'],
  ['a status above 599', 999, [], 'the status is 999, which is outside of 100 to 599'],
])('%s is refused with the number that is wrong', (_, status, fields, message) => {
  expect(() => read(fromOrigin(status, fields))).toThrow(message);
});

test('a status that ends nothing is refused', () => {
  expect(() => read({ ...fromOrigin(200), ':status': 101 })).toThrow(
    expect.objectContaining({ failure: 'connector_invalid' }),
  );
});
