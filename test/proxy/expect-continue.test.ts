import { expect, test } from 'vitest';
import { rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const HEAD = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n`;

test('the body is asked for by the origin itself', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', (head) => {
      expect(head.toString()).toMatch(/\r\nExpect: 100-continue\r\n/);
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      socket.once('data', (body) =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(HEAD);
  expect(await client.receive((text) => text.includes('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  client.send('hello');
  expect(await client.receive((text) => text.endsWith('hello'))).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

test('an origin that refuses the body ends the connection, since the body may still come', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(HEAD);
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 403 [\s\S]*Connection: close\r\n\r\nno$/);
});

test('a client that did not ask gets no interim response', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(HEAD.replace(/Expect.*\r\n/, ''));
  client.send('hello');
  expect(await client.receive((text) => text.endsWith('ok'))).toMatch(/^HTTP\/1\.1 200 /);
});
