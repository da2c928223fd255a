import { expect, test } from 'vitest';
import { newest } from '../support/request-filters.js';
import { eventually } from '../support/waiting.js';
import { type FakeOrigin, scriptedOrigin } from './fake-origin.js';
import { END_HEADERS, END_STREAM, FRAME, frame, frameClient, hpack } from './http2-frames.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

/** What real clients and origins send against the letter of the rules, and how the rules say to put it right. */

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers every request alike, and keeps the request lines that it has got. */
async function origin(response = OK): Promise<FakeOrigin & { readonly lines: string[] }> {
  const lines: string[] = [];
  const fake = await scriptedOrigin((request) => {
    // Bodies are not read here: that of the request before stands in front of the line.
    lines.push(request.slice(0, request.indexOf('\r\n')).replace(/^xy/, ''));
    return response;
  });
  return { ...fake, lines };
}

test('empty lines before a request are skipped, on a fresh connection and behind a body (RFC 9112 section 2.2)', async () => {
  const { port, lines } = await origin();
  const rig = await startRig({ origins: [port] });
  const client = await rawClient(rig.port);
  client.send(`\r\n\r\nPOST /a HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\nxy\r\n`);
  await client.receive((text) => text.endsWith('ok'));
  client.send('\r');
  client.send(`\nGET /b HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.receive((text) => text.match(/ok/g)?.length === 2);
  expect(lines).toEqual(['POST /a HTTP/1.1', 'GET /b HTTP/1.1']);
});

test('an empty line behind a request does not begin another one: the connection rests', async () => {
  const { port } = await origin();
  const rig = await startRig({ origins: [port], timeouts: { clientHead: 40, clientIdle: 120 } });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\nxy\r\n`);
  expect(await client.closed()).not.toContain('408');
});

const TARGETS = [
  ['raw UTF-8 in the path', '/caf\xc3\xa9', '/caf%C3%A9'],
  ['raw UTF-8 in the query', '/s?q=\xc3\xbc', '/s?q=%C3%BC'],
  ['a raw byte that is no UTF-8', '/\xff', '/%FF'],
  ['what is encoded already', '/%c3%a9?q=%C3', '/%c3%a9?q=%C3'],
  ['a fragment', '/a?b=c#d?e', '/a?b=c'],
  ['a fragment with raw bytes', '/a#\xe9', '/a'],
] as const;

test.each(TARGETS)('%s of a target goes on as RFC 3986 has it, over HTTP/1.1', async (_, sent, expected) => {
  const { port, lines } = await origin();
  const rig = await startRig({ origins: [port] });
  for (const target of [sent, `http://${HOST}${sent}`]) {
    const client = await rawClient(rig.port);
    client.send(`GET ${target} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.receive((text) => text.endsWith('ok'));
  }
  expect(lines).toEqual([`GET ${expected} HTTP/1.1`, `GET ${expected} HTTP/1.1`]);
});

test.each(TARGETS)('%s of a target goes on as RFC 3986 has it, over HTTP/2', async (_, sent, expected) => {
  const { port, lines } = await origin();
  const rig = await startHttpsRig({ origins: [port] });
  const client = await frameClient(rig);
  const fields = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', HOST],
    [':path', sent],
  ] as const;
  client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, hpack(fields)));
  await client.receive(({ type, stream }) => type === FRAME.data && stream === 1);
  expect(lines).toEqual([`GET ${expected} HTTP/1.1`]);
});

test('a space before the colon of a field of an origin is removed (RFC 9112 section 5.1)', async () => {
  const { port } = await origin(
    'HTTP/1.1 200 OK\r\nX-First: 1\r\nX-Own \t: a\r\nContent-Length : 2\r\nX-Last: 2\r\n\r\nok',
  );
  const rig = await startRig({ origins: [port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const text = await client.receive((received) => received.endsWith('ok'));
  expect(text).toContain('\r\nX-First: 1\r\nX-Own: a\r\nX-Last: 2\r\n');
  expect(text).toContain('\r\nContent-Length: 2\r\n');
});

test('in trailers of an origin as well', async () => {
  const { port } = await origin(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum : 1\r\n\r\n',
  );
  const rig = await startRig({ origins: [port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nTE: trailers\r\nConnection: TE\r\n\r\n`);
  await client.receive((text) => text.endsWith('0\r\nX-Sum: 1\r\n\r\n'));
});

test.each(['999', '600', '099', '000', '20', '1000'])(
  'the status %s of an origin is a 502 that names it, over HTTP/1.1 and HTTP/2 alike',
  async (status) => {
    const { port, lines } = await origin(`HTTP/1.1 ${status} Denied\r\nContent-Length: 2\r\n\r\nno`);
    const rig = await startHttpsRig({ origins: [port, port] });
    const client = await rawClient(rig.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const text = await client.receive((received) => received.includes('error code: 502'));
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    const answer = await ask(await http2Client(rig));
    expect(answer.status).toBe(502);
    for (const body of [text, answer.body])
      expect(body).toContain(`the status is ${status}, which is outside of 100 to 599`);
    // It was answered: asking another origin would do things twice.
    expect(lines).toHaveLength(2);
    await eventually(() => rig.requests.find(newest(10)).length === 2);
    for (const report of rig.requests.find(newest(10)))
      expect(report).toMatchObject({
        status: 502,
        error: 'invalid_status',
        detail: expect.stringContaining(`the status is ${status}`),
      });
  },
);
