import type { IncomingHttpHeaders } from 'node:http2';
import { expect, test } from 'vitest';
import { scriptedOrigin } from './fake-origin.js';
import { answerOf, http2Client, startHttpsRig } from './https-rig.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

/** RFC 9110 section 15.2: a proxy forwards 1xx responses, unless it has asked for them itself. */

const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n';
const FINAL = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const get = (version = 'HTTP/1.1') => `GET / ${version}\r\nHost: ${HOST}\r\n\r\n`;

test('102 and 103 pass to a client of HTTP/1.1 as they came, before the response', async () => {
  const origin = await scriptedOrigin(() => `HTTP/1.1 102 Processing\r\n\r\n${HINTS}${FINAL}`);
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(get());
  const text = await client.receive((received) => received.endsWith('ok'));
  expect(text.startsWith(`HTTP/1.1 102 Processing\r\n\r\n${HINTS}HTTP/1.1 200 OK\r\n`)).toBe(true);
});

test('they pass at once, while the response is still to come, and the next request is answered as well', async () => {
  let finish = () => {};
  const origin = await scriptedOrigin((_, socket) => {
    finish = () => void socket.write(FINAL);
    return HINTS;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  for (const answers of [1, 2]) {
    client.send(get());
    await client.receive((text) => text.match(/rel=preload\r\n\r\n/g)?.length === answers);
    finish();
    await client.receive((text) => text.match(/ok/g)?.length === answers);
  }
  expect(origin.connections()).toBe(1);
});

test('what concerns the connection, or the end of a message, is left out of them', async () => {
  const origin = await scriptedOrigin(
    () =>
      `HTTP/1.1 103 Early Hints\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: 9\r\nX-Own: 1\r\n\r\n${FINAL}`,
  );
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(get());
  const text = await client.receive((received) => received.endsWith('ok'));
  expect(text.startsWith('HTTP/1.1 103 Early Hints\r\nX-Own: 1\r\n\r\nHTTP/1.1 200 OK\r\n')).toBe(true);
});

test('they pass over HTTP/2', async () => {
  const origin = await scriptedOrigin(() => `HTTP/1.1 102 Processing\r\n\r\n${HINTS}${FINAL}`);
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const stream = session.request({ ':authority': HOST });
  const interims: IncomingHttpHeaders[] = [];
  stream.on('headers', (headers) => interims.push(headers));
  expect(await answerOf(stream)).toMatchObject({ status: 200, body: 'ok' });
  expect(interims).toMatchObject([
    { ':status': 102 },
    { ':status': 103, link: '</a.css>; rel=preload, </b.js>; rel=preload' },
  ]);
});

test('a client of HTTP/1.0 gets none', async () => {
  const origin = await scriptedOrigin(() => `${HINTS}${FINAL}`);
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(get('HTTP/1.0'));
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('an origin that sends no end of them is answered for in time, and its client gets sixteen', async () => {
  const origin = await scriptedOrigin(() => HINTS.repeat(100));
  const rig = await startRig({ origins: [origin.port], timeouts: { originHead: 60 } });
  const client = await rawClient(rig.port);
  client.send(get());
  const text = await client.receive((received) => received.includes('error code: 524'));
  expect(text.match(/103 Early Hints/g)).toHaveLength(16);
});
