import http from 'node:http';
import { expect, test } from 'vitest';
import { ChunkedReader } from '../../src/proxy/http/body.js';
import { responseTrailers } from '../../src/proxy/http/fields.js';
import { scriptedOrigin } from './fake-origin.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n';
const TRAILED = `${CHUNKED}X-Sum: 1\r\nSet-Cookie: a=b\r\nContent-Length: 3\r\nX-Sum: 2\r\n\r\n`;

test('trailers of a chunked response reach an HTTP/2 client, without those that are forbidden', async () => {
  const origin = await scriptedOrigin(() => TRAILED);
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const first = await ask(session);
  expect(first).toMatchObject({ status: 200, body: 'hello' });
  expect(Object.entries(first.trailers)).toEqual([['x-sum', '1, 2']]);
  // The connection to the origin goes on being used.
  expect((await ask(session)).body).toBe('hello');
  expect(origin.connections()).toBe(1);
});

test('an HTTP/1.1 client gets trailers only when it said that it takes them', async () => {
  const seen: string[] = [];
  const origin = await scriptedOrigin((request) => {
    seen.push(request);
    return TRAILED;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nTE: trailers\r\nConnection: TE\r\n\r\n`);
  const text = await client.receive(
    (received) => received.includes('\r\n0\r\n') && received.endsWith('\r\n\r\n'),
  );
  expect(text.slice(text.indexOf('\r\n\r\n'))).toBe(
    '\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n',
  );
  expect(seen[0]).toContain('TE: trailers\r\nConnection: keep-alive, TE\r\n');
  const plain = await rawClient(rig.port);
  plain.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  expect(
    await plain.receive((received) => received.endsWith('\r\n\r\n5\r\nhello\r\n0\r\n\r\n')),
  ).not.toContain('X-Sum');
  expect(seen[1]).not.toMatch(/^te:/im);
  const old = await rawClient(rig.port);
  old.send(`GET / HTTP/1.0\r\nHost: ${HOST}\r\nTE: trailers\r\n\r\n`);
  expect(await old.closed()).toMatch(/\r\n\r\nhello$/);
});

test("Node's own client reads the trailers that are passed on", async () => {
  const origin = await scriptedOrigin(() => TRAILED);
  const rig = await startRig({ origins: [origin.port] });
  const trailers = await new Promise((resolve, reject) => {
    const options = { port: rig.port, headers: { Host: HOST, TE: 'trailers' } };
    http
      .get(options, (response) => response.resume().on('end', () => resolve(response.trailers)))
      .on('error', reject);
  });
  expect(trailers).toEqual({ 'x-sum': '1, 2' });
});

test('trailers that are no field lines break the response, or it is answered with an error where nothing has been sent', async () => {
  for (const line of ['no field', ': empty', 'X A: b', ' folded']) {
    const origin = await scriptedOrigin(() => `${CHUNKED}${line}\r\n\r\n`);
    const rig = await startHttpsRig({ origins: [origin.port] });
    const status = await ask(await http2Client(rig)).then(
      (answer) => answer.status,
      () => 'broken',
    );
    expect([520, 'broken']).toContain(status);
  }
});

test('trailers are kept wherever they are cut', () => {
  const text = `5\r\nhello\r\n0\r\nX-A: b\r\nTE: x\r\nX-C: d\r\n\r\nrest`;
  for (let cut = 0; cut <= text.length; cut++) {
    for (const framed of [true, false]) {
      const reader = new ChunkedReader(framed, responseTrailers);
      const pieces: Buffer[] = [];
      let left = '';
      for (const part of [text.slice(0, cut), text.slice(cut)].map((half) => Buffer.from(half, 'latin1'))) {
        const end = reader.complete ? 0 : reader.read(part, 0, (piece) => pieces.push(piece));
        left += part.toString('latin1', end);
      }
      const body = Buffer.concat(pieces).toString('latin1');
      expect([cut, body, left, reader.trailers]).toEqual([
        cut,
        framed ? '5\r\nhello\r\n0\r\nX-A: b\r\nX-C: d\r\n\r\n' : 'hello',
        'rest',
        'X-A: b\r\nX-C: d\r\n',
      ]);
    }
  }
});

test.each([
  'Transfer-Encoding',
  'content-length',
  'HOST',
  'Connection',
  'TE',
  'Trailer',
  'Set-Cookie',
  'CF-Ray',
  'Authorization',
  'Content-Type',
])('%s is no trailer', (name) => {
  expect(responseTrailers(`X-A: b\r\n${name}: x\r\n`)).toBe('X-A: b\r\n');
});
