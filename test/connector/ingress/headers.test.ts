import { expect, test } from 'vitest';
import {
  bodyLength,
  canonicalName,
  framing,
  requestHeaders,
  responseHeaders,
  trailersForHttp2,
} from '../../../src/tunnel/connector/ingress/headers.js';
import { readEdgeTarget } from '../../../src/tunnel/connector/ingress/ingress.js';

test('names have the form of Go', () => {
  expect(['content-type', 'SEC-WEBSOCKET-KEY', 'x-a1-b', 'etag'].map(canonicalName)).toEqual([
    'Content-Type',
    'Sec-Websocket-Key',
    'X-A1-B',
    'Etag',
  ]);
});

test('headers of an answer are pairs in base64 without padding', () => {
  expect(responseHeaders(200, ['a', 'b', 'A', 'bc', 'Content-Length', '3'])).toEqual({
    ':status': 200,
    'cf-cloudflared-response-meta': '{"src":"origin"}',
    'cf-cloudflared-response-headers': 'QQ:Yg;QQ:YmM;Q29udGVudC1MZW5ndGg:Mw',
    'content-length': '3',
  });
  expect(responseHeaders(204, [])['cf-cloudflared-response-headers']).toBe('');
  const chunked = responseHeaders(200, ['transfer-encoding', 'chunked', 'content-length', '3']);
  expect(chunked).not.toHaveProperty('content-length');
});

test('trailers that HTTP/2 cannot carry are left out', () => {
  expect(trailersForHttp2(['Connection', 'x', 'cf-int-a', 'b'])).toBeNull();
  expect(trailersForHttp2(['X-A', '1', 'x-a', '2', '__proto__', '3'])).toEqual(
    Object.fromEntries([
      ['x-a', ['1', '2']],
      ['__proto__', ['3']],
    ]),
  );
});

test('what is about one connection goes to no service', () => {
  const raw = [
    ':method',
    'GET',
    'te',
    'trailers',
    'connection',
    'x',
    'upgrade',
    'y',
    'host',
    'h',
    'expect',
    '100-continue',
  ];
  expect(requestHeaders([...raw, 'content-length', '1', '__proto__', 'x'])).toEqual(
    Object.fromEntries([
      ['Te', ['trailers']],
      ['__proto__', ['x']],
    ]),
  );
});

test.each([
  [[], true, 'none'],
  [[], false, 'unknown'],
  [['0'], true, 0],
  [['5', '5'], false, 5],
  [['5', '6'], false, null],
  [['5'], true, null],
  [['-1'], false, null],
  [['0x5'], false, null],
] as const)('with the lengths %j and the end %s a body has the length %s', (given, end, expected) => {
  expect(bodyLength(given, end)).toBe(expected);
});

test('a request says where its body ends', () => {
  expect(framing('POST', 'unknown')).toEqual({ 'Transfer-Encoding': 'chunked' });
  expect(framing('POST', 'none')).toEqual({ 'Content-Length': '0' });
  expect(framing('GET', 'none')).toEqual({});
  expect(framing('POST', 0)).toEqual({ 'Content-Length': '0' });
  expect(framing('DELETE', 0)).toEqual({});
  expect(framing('DELETE', 4)).toEqual({ 'Content-Length': '4' });
});

test.each([
  ['/a/b?c=/d', '/a/b'],
  ['/caf%C3%A9', '/café'],
  ['/a%2Fb', '/a/b'],
  ['*', '*'],
  ['/100%', null],
  ['/%zz', null],
])('the target %s is matched as %s', (target, path) => {
  expect(readEdgeTarget(target)?.path ?? null).toBe(path);
});
