import { expect, test } from 'vitest';
import { scriptedOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const INVALID: readonly (readonly [what: string, response: string])[] = [
  ['no status line', 'Hello\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
  ['no space behind the status', 'HTTP/1.1 200:OK\r\n\r\n'],
  ['a control character in the reason', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n'],
  ['a bare CR in the reason', 'HTTP/1.1 200 OK\rX: y\r\nContent-Length: 0\r\n\r\n'],
  ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a folded field', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n'],
  ['a space before a field name', 'HTTP/1.1 200 OK\r\n Content-Length: 0\r\n\r\n'],
  ['a space inside of a field name', 'HTTP/1.1 200 OK\r\nContent Length: 0\r\n\r\n'],
  [
    'both lengths, one with a space before its colon',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding : chunked\r\n\r\nabc',
  ],
  ['lines with a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  [
    'an upgrade that nobody asked for',
    'HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
];

test.each(INVALID)(
  'a response with %s becomes 520 and its connection is not used again',
  async (_, response) => {
    const origin = await scriptedOrigin(() => response);
    const rig = await startRig({ origins: [origin.port] });
    const client = await rawClient(rig.port);
    const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    client.send(request);
    await client.receive((text) => /^HTTP\/1\.1 520 [\s\S]*error code: 520/.test(text));
    client.send(request);
    await client.receive((text) => text.match(/error code: 520/g)?.length === 2);
    expect(origin.connections()).toBe(2);
  },
);

test('bytes behind the end of a response are dropped with the connection', async () => {
  const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
  const origin = await scriptedOrigin(() => `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood${poison}`);
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  for (const answers of [1, 2]) {
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.receive((text) => text.match(/good/g)?.length === answers);
  }
  expect(client.received()).not.toContain('poison');
  expect(origin.connections()).toBe(2);
});

test('bytes on a connection at rest end it', async () => {
  let speak = () => {};
  const origin = await scriptedOrigin((_, socket) => {
    speak = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    socket.once('close', () => closed());
    return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';
  });
  let closed = () => {};
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.receive((text) => text.includes('good'));
  speak();
  await gone;
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.receive((text) => text.match(/good/g)?.length === 2);
  expect(client.received()).not.toContain('poison');
});

test('a body that breaks off breaks the connection of the client', async () => {
  const origin = await scriptedOrigin((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    return null;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*half$/);
});

test.each([
  ['until the origin closes', 'HTTP/1.1', 'Connection: close\r\n\r\n'],
  ['in chunks, for a client of HTTP/1.0', 'HTTP/1.0', 'Transfer-Encoding: chunked\r\n\r\n4\r\n'],
])('a body %s that breaks off is not taken for whole: the client gets a reset', async (_, version, rest) => {
  let breakOff = () => {};
  const origin = await scriptedOrigin((_request, socket) => {
    breakOff = () => void socket.resetAndDestroy();
    return `HTTP/1.1 200 OK\r\n${rest}half`;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  const broken = new Promise((resolve) => client.socket.once('error', resolve));
  client.send(`GET / ${version}\r\nHost: ${HOST}\r\n\r\n`);
  await client.receive((text) => text.endsWith('half'));
  breakOff();
  expect(await broken).toMatchObject({ code: 'ECONNRESET' });
});

test('chunks that break the rules break the connection of the client', async () => {
  let goOn = () => {};
  const origin = await scriptedOrigin((_, socket) => {
    goOn = () => void socket.write('5\r\nhelloX\r\n');
    return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n';
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.receive((text) => text.includes('first'));
  goOn();
  expect(await client.closed()).not.toContain('hello');
});

test('as long as the client has got nothing, broken chunks become 520', async () => {
  const origin = await scriptedOrigin(
    () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n',
  );
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const received = await client.receive((text) => text.includes('error code: 520'));
  expect(received).not.toMatch(/hello|200 OK/);
});
