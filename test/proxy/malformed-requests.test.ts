import { expect, test } from 'vitest';
import { rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const OK = `Host: ${HOST}\r\n`;
const get = (fields: string) => `GET / HTTP/1.1\r\n${OK}${fields}\r\n`;
const post = (fields: string, body = '') => `POST / HTTP/1.1\r\n${OK}${fields}\r\n${body}`;

const REFUSED: readonly (readonly [what: string, status: number, request: string])[] = [
  ['Content-Length with Transfer-Encoding', 400, post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n')],
  ['Transfer-Encoding with Content-Length', 400, post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n')],
  ['two different Content-Length', 400, post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd')],
  ['two equal Content-Length', 400, post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc')],
  ['a list as Content-Length', 400, post('Content-Length: 3, 3\r\n', 'abc')],
  ['a signed Content-Length', 400, post('Content-Length: +3\r\n', 'abc')],
  ['a negative Content-Length', 400, post('Content-Length: -3\r\n', 'abc')],
  ['a hexadecimal Content-Length', 400, post('Content-Length: 0x3\r\n', 'abc')],
  ['an empty Content-Length', 400, post('Content-Length:\r\n')],
  ['a Content-Length of 16 digits', 400, post('Content-Length: 0000000000000003\r\n', 'abc')],
  ['a coding list that ends with chunked', 501, post('Transfer-Encoding: gzip, chunked\r\n')],
  ['a coding that is not chunked', 501, post('Transfer-Encoding: identity\r\n')],
  ['chunked twice', 501, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n')],
  ['chunked with something behind it', 501, post('Transfer-Encoding: chunked;x\r\n')],
  ['a hidden chunked', 501, post('Transfer-Encoding: xchunked\r\n')],
  ['a quoted chunked', 501, post('Transfer-Encoding: "chunked"\r\n')],
  ['Transfer-Encoding in HTTP/1.0', 400, `POST / HTTP/1.0\r\n${OK}Transfer-Encoding: chunked\r\n\r\n`],
  ['a folded field', 400, get('X-A: 1\r\n 2\r\n')],
  ['a folded Transfer-Encoding', 400, post('Transfer-Encoding:\r\n chunked\r\n')],
  ['a space before the colon', 400, post('Content-Length : 3\r\n', 'abc')],
  ['a tab before the colon', 400, post('Transfer-Encoding\t: chunked\r\n')],
  ['an empty field name', 400, get(': x\r\n')],
  ['a field without colon', 400, get('X-A\r\n')],
  ['a field name with a space', 400, get('X A: 1\r\n')],
  ['a bare CR in a value', 400, get('X-A: 1\r2\r\n')],
  ['a bare LF in a value', 400, get('X-A: 1\n2\r\n')],
  ['a NUL in a value', 400, get('X-A: 1\x002\r\n')],
  ['a DEL in a value', 400, get('X-A: 1\x7f2\r\n')],
  ['lines with a bare LF', 400, `GET / HTTP/1.1\nHost: ${HOST}\n\n`],
  ['a bare LF behind the request line', 400, `GET / HTTP/1.1\n${OK}\r\n`],
  ['no Host', 400, 'GET / HTTP/1.1\r\nX-A: 1\r\n\r\n'],
  ['no Host in HTTP/1.0', 400, 'GET / HTTP/1.0\r\n\r\n'],
  ['two Hosts', 400, get(`Host: ${HOST}\r\n`)],
  ['an empty Host', 400, 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['a Host with a path', 400, `GET / HTTP/1.1\r\nHost: ${HOST}/x\r\n\r\n`],
  ['a Host with user info', 400, `GET / HTTP/1.1\r\nHost: user@${HOST}\r\n\r\n`],
  ['a Host list', 400, `GET / HTTP/1.1\r\nHost: ${HOST}, other\r\n\r\n`],
  ['a Host with a port that is no number', 400, `GET / HTTP/1.1\r\nHost: ${HOST}:8o\r\n\r\n`],
  ['a Host with two ports', 400, `GET / HTTP/1.1\r\nHost: ${HOST}:80:80\r\n\r\n`],
  ['a bad Host beside an absolute target', 400, `GET http://${HOST}/ HTTP/1.1\r\nHost: a b\r\n\r\n`],
  ['an absolute target with user info', 400, `GET http://u@${HOST}/ HTTP/1.1\r\n${OK}\r\n`],
  ['a target that is no path', 400, `GET path HTTP/1.1\r\n${OK}\r\n`],
  ['a target that is a fragment', 400, `GET #b HTTP/1.1\r\n${OK}\r\n`],
  ['a raw byte in the authority of a target', 400, `GET http://\xe9/ HTTP/1.1\r\n${OK}\r\n`],
  ['CONNECT', 400, `CONNECT ${HOST}:80 HTTP/1.1\r\n${OK}\r\n`],
  ['CONNECT with a path', 400, `CONNECT / HTTP/1.1\r\n${OK}\r\n`],
  ['an asterisk without OPTIONS', 400, `GET * HTTP/1.1\r\n${OK}\r\n`],
  ['two spaces before the target', 400, `GET  / HTTP/1.1\r\n${OK}\r\n`],
  ['two spaces before the version', 400, `GET /  HTTP/1.1\r\n${OK}\r\n`],
  ['a space behind the version', 400, `GET / HTTP/1.1 \r\n${OK}\r\n`],
  ['more than eight empty lines before the request', 400, `${'\r\n'.repeat(9)}${get('')}`],
  ['a bare CR before the request', 400, `\r${get('')}`],
  ['a bare LF before the request', 400, `\n${get('')}`],
  ['an empty line with a space before the request', 400, ` \r\n${get('')}`],
  ['a request line without version', 400, `GET /\r\n${OK}\r\n`],
  ['a lower case version', 400, `GET / http/1.1\r\n${OK}\r\n`],
  ['HTTP/2', 505, `GET / HTTP/2.0\r\n${OK}\r\n`],
  ['HTTP/1.2', 505, `GET / HTTP/1.2\r\n${OK}\r\n`],
  ['the HTTP/2 preface', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a method with a control character', 400, `G\x01T / HTTP/1.1\r\n${OK}\r\n`],
  ['a method of 33 characters', 400, `${'G'.repeat(33)} / HTTP/1.1\r\n${OK}\r\n`],
  ['a TLS greeting', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ['an expectation that cannot be met', 417, post('Expect: 200-ok\r\nContent-Length: 3\r\n', 'abc')],
  ['a head of more than 128 KiB', 431, get(`X-A: ${'x'.repeat(131_072)}\r\n`)],
  ['more than 4096 fields', 431, get('X-A: 1\r\n'.repeat(4096))],
];

test.each(REFUSED)('%s is refused with %i and nothing reaches the origin', async (_, status, request) => {
  let reached = '';
  const origin = await rawOrigin((socket) =>
    socket.on('data', (chunk) => (reached += chunk.toString('latin1'))),
  );
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(request);
  const received = await client.closed();
  expect(received.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(received).toContain(`error code: ${status}`);
  expect(received).toMatch(/\r\nConnection: close\r\n/);
  expect(received).toMatch(/\r\nCF-Ray: [0-9a-f]{16}-LOC\r\n/);
  expect(received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(rig.dialled).toEqual([]);
  expect(reached).toBe('');
});

test('a body with broken chunks is answered with 400 and its end never reaches the origin', async () => {
  let reached = '';
  const origin = await rawOrigin((socket) =>
    socket.on('data', (chunk) => (reached += chunk.toString('latin1'))),
  );
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n'));
  client.send('3\r\nabcX\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n');
  const received = await client.closed();
  expect(received).toMatch(/^HTTP\/1\.1 400 /);
  expect(reached).not.toContain('abc');
  expect(reached).not.toContain('smuggled');
});

test.each([
  ['a field name', 400, get('X-\xe9: 1\r\n')],
  ['a Host', 400, 'GET / HTTP/1.1\r\nHost: caf\xe9\r\n\r\n'],
  ['an expectation', 417, get('Expect: \xe9\x80\r\n')],
])('a refusal that quotes %s with bytes above ASCII is as long as it says', async (_, status, request) => {
  const rig = await startRig();
  const client = await rawClient(rig.port);
  client.send(request);
  const received = await client.closed();
  expect(received).toContain(`error code: ${status}`);
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  expect(received).toContain(`\r\nContent-Length: ${body.length}\r\n`);
  expect(body).toContain('\\xe9');
});
