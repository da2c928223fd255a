import { expect, test } from 'vitest';
import { readRequestHead } from '../../../src/proxy/http/request-head.js';
import { ingressRequestHeaders } from '../../../src/proxy/upstream/ingress.js';

const head = readRequestHead('GET /a?b HTTP/1.1\r\nHost: app.example.com\r\n', 10);
const PSEUDO = [':method', 'GET', ':scheme', 'https', ':authority', 'app.example.com', ':path', '/a?b'];
const headersOf = (fields: string) => ingressRequestHeaders({ head, host: 'app.example.com', fields });

test('repeated fields stay apart, byte by byte, behind the pseudo-headers', () => {
  const fields =
    'X-A: 1\r\nCookie: a=1\r\nx-a: caf\xe9 \r\nCookie: b=2\r\nAccept-Encoding: br\r\n__proto__: 1\r\n';
  expect(headersOf(fields)).toEqual([
    ...PSEUDO,
    ...['x-a', '1', 'cookie', 'a=1', 'x-a', 'caf\xe9', 'cookie', 'b=2', 'accept-encoding', 'br'],
    ...['__proto__', '1'],
  ]);
});

test('what is for one connection, for us, or only between edge and connector goes no further', () => {
  const fields = 'Connection: x\r\nUpgrade: y\r\nExpect: 100-continue\r\nCF-Cloudflared-Proxy-Src: 1\r\n';
  expect(headersOf(fields)).toEqual([...PSEUDO, 'accept-encoding', 'identity']);
});
