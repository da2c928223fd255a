import { once } from 'node:events';
import type net from 'node:net';
import { expect, test } from 'vitest';
import { DEFAULT_TIMEOUTS } from '../../src/proxy/limits.js';
import { rawOrigin, scriptedOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

// developers.cloudflare.com/fundamentals/reference/connection-limits
test('the times are those of Cloudflare’s documented connection limits', () => {
  expect(DEFAULT_TIMEOUTS).toMatchObject({
    clientIdle: 400_000,
    originHead: 120_000,
    bodyIdle: 120_000,
    originIdle: 900_000,
  });
});

test('a head that does not become complete is answered with 408', async () => {
  const rig = await startRig({ timeouts: { clientHead: 40 } });
  const client = await rawClient(rig.port);
  client.send('GET / HTTP/1.1\r\nHost:');
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 [\s\S]*Connection: close\r\n/);
});

test('bytes that trickle in do not prolong the time for a head', async () => {
  const rig = await startRig({ timeouts: { clientHead: 100 } });
  const client = await rawClient(rig.port);
  const trickle = setInterval(() => client.send('X'), 10);
  const received = await client.closed();
  clearInterval(trickle);
  expect(received).toMatch(/^HTTP\/1\.1 408 /);
});

test('a client that says nothing is disconnected without a word', async () => {
  const rig = await startRig({ timeouts: { clientHead: 40 } });
  expect(await (await rawClient(rig.port)).closed()).toBe('');
});

test('a client connection at rest is closed', async () => {
  const origin = await scriptedOrigin(() => OK);
  const rig = await startRig({ origins: [origin.port], timeouts: { clientIdle: 40 } });
  const client = await rawClient(rig.port);
  client.send(GET);
  expect(await client.closed()).toMatch(/ok$/);
});

test('a request body that stops is answered with 408 and its origin let go', async () => {
  let gone: Promise<unknown> | undefined;
  const origin = await rawOrigin((socket) => {
    socket.resume();
    gone = once(socket, 'close');
    socket.on('end', () => socket.end());
  });
  const rig = await startRig({ origins: [origin.port], timeouts: { bodyIdle: 60 } });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 10\r\n\r\nhalf`);
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
  await gone;
});

test('an origin that does not answer is answered for with 524, and not asked twice', async () => {
  const origin = await rawOrigin((socket) => socket.resume());
  const rig = await startRig({ origins: [origin.port, origin.port], timeouts: { originHead: 40 } });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.includes('error code: 524'));
  expect(origin.connections()).toBe(1);
});

test('a response body that stops breaks the connection of the client', async () => {
  const origin = await scriptedOrigin(() => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  const rig = await startRig({ origins: [origin.port], timeouts: { bodyIdle: 40 } });
  const client = await rawClient(rig.port);
  client.send(GET);
  expect(await client.closed()).toMatch(/half$/);
});

test('an origin connection at rest is closed', async () => {
  let gone: Promise<unknown> | undefined;
  const origin = await scriptedOrigin((_, socket) => {
    gone = once(socket, 'close');
    return OK;
  });
  const rig = await startRig({ origins: [origin.port], timeouts: { originIdle: 40 } });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.endsWith('ok'));
  await gone;
  client.send(GET);
  await client.receive((text) => text.match(/ok/g)?.length === 2);
  expect(origin.connections()).toBe(2);
});

test.each(['end', 'resetAndDestroy'] as const)(
  'a client that goes away (%s) takes its request to the origin with it',
  async (leave) => {
    let asked: (socket: net.Socket) => void = () => {};
    const request = new Promise<net.Socket>((resolve) => {
      asked = resolve;
    });
    const origin = await rawOrigin((socket) => socket.once('data', () => asked(socket)));
    const rig = await startRig({ origins: [origin.port] });
    const client = await rawClient(rig.port);
    client.send(GET);
    const socket = await request;
    const ended = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
    client.socket[leave]();
    await ended;
  },
);

test('connections beyond the limit are turned away with 503 and Retry-After', async () => {
  const origin = await scriptedOrigin(() => OK);
  const rig = await startRig({ origins: [origin.port], limits: { clientConnections: 2 } });
  const clients = [await rawClient(rig.port), await rawClient(rig.port)];
  const third = await rawClient(rig.port);
  expect(await third.closed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 1\r\n/);
  clients[0]!.send(GET);
  await clients[0]!.receive((text) => text.endsWith('ok'));
  clients[0]!.socket.destroy();
  clients[1]!.send(GET);
  await clients[1]!.receive((text) => text.endsWith('ok'));
  const fourth = await rawClient(rig.port);
  fourth.send(GET);
  await fourth.receive((text) => text.endsWith('ok'));
});

test('no more connections rest than the limit allows', async () => {
  const waiting: net.Socket[] = [];
  const origin = await scriptedOrigin((_, socket) => {
    waiting.push(socket);
    // Answers come only when all requests are there, so that each needs a connection of its own.
    if (waiting.length === 3) for (const one of waiting.splice(0)) one.write(OK);
    return null;
  });
  const rig = await startRig({ origins: [origin.port], limits: { idlePerOrigin: 1 } });
  const clients = await Promise.all([1, 2, 3].map(() => rawClient(rig.port)));
  for (const answers of [1, 2]) {
    for (const client of clients) client.send(GET);
    await Promise.all(
      clients.map((client) => client.receive((text) => text.match(/ok/g)?.length === answers)),
    );
  }
  expect(origin.connections()).toBe(5);
});
