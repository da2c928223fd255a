import net from 'node:net';
import { expect, test } from 'vitest';
import { createProxy } from '../../src/proxy/proxy.js';
import { rawOrigin, scriptedOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('draining closes what rests, lets a request end with close, and takes no more', async () => {
  let answer = () => {};
  let asked = () => {};
  const reached = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => {
      answer = () => void socket.write(OK);
      asked();
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const resting = await rawClient(rig.port);
  const busy = await rawClient(rig.port);
  busy.send(GET);
  await reached;
  let drained = false;
  const drain = rig.proxy.drain(60_000).then(() => {
    drained = true;
  });
  expect(await resting.closed()).toBe('');
  const refused = await new Promise((resolve) => net.connect(rig.port, '127.0.0.1').on('error', resolve));
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  expect(drained).toBe(false);
  answer();
  expect(await busy.closed()).toMatch(/\r\nConnection: close\r\n[\s\S]*ok$/);
  await drain;
});

test('what has not ended after the grace is broken off', async () => {
  const origin = await rawOrigin((socket) => socket.resume());
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(GET);
  await rig.proxy.drain(20);
  expect(await client.closed()).toBe('');
});

test('closing shortens a drain that is under way', async () => {
  const origin = await rawOrigin((socket) => socket.resume());
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(GET);
  const drain = rig.proxy.drain(600_000);
  await rig.proxy.close();
  await drain;
  await client.closed();
});

test('closing ends the connections to origins as well', async () => {
  let socketOfOrigin: net.Socket | undefined;
  const origin = await scriptedOrigin((_, socket) => {
    socketOfOrigin = socket;
    return OK;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(GET);
  await client.receive((text) => text.endsWith('ok'));
  const gone = new Promise((resolve) => socketOfOrigin!.once('close', resolve));
  await rig.proxy.close();
  await gone;
});

test('a port that is taken is an error of listen', async () => {
  const { port, proxyOptions } = await startRig();
  const second = createProxy({ ...proxyOptions, port });
  await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await second.close();
});
