import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, cleanUpLater, startOrigin, until } from '../../edge/fixture.js';
import { receive } from '../../edge/stream-front.js';
import { ask, fetchThrough, serving } from '../bare-edge.js';

afterEach(cleanUp);

const UPGRADE = { 'cf-cloudflared-proxy-connection-upgrade': 'websocket' };

test('a WebSocket that its service breaks off is reset', async () => {
  const server = http.createServer();
  let socket: Socket | undefined;
  server.on('upgrade', (_, upgraded) => {
    socket = upgraded as Socket;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => server.close());
  const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { session, connector } = await serving({ ingress: [{ service }] });
  const stream = ask(session, UPGRADE);
  await once(stream, 'response');
  const closed = new Promise((resolve) => stream.once('close', resolve));
  socket!.resetAndDestroy();
  await closed;
  expect(stream.rstCode).not.toBe(0);
  expect(connector.counts).toMatchObject({ concurrentRequests: 0, requestErrors: 1 });
});

test('CONNECT leads to no service, not even to one that knows it', async () => {
  const origin = await startOrigin((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 Connected\r\n\r\n')),
  );
  const { session } = await serving({ ingress: [{ service: `http://127.0.0.1:${origin.port}` }] });
  const connect = { ':method': 'CONNECT', ':scheme': undefined, ':path': undefined };
  expect(await fetchThrough(session, connect)).toMatchObject({ status: 400, meta: { src: 'cloudflared' } });
});

test.each(['099 Odd', '101 Switching Protocols'])(
  'a service that answers %s alone is a 502',
  async (status) => {
    const origin = await startOrigin((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)),
    );
    const { session } = await serving({ ingress: [{ service: `http://127.0.0.1:${origin.port}` }] });
    const answer = await fetchThrough(session);
    expect(answer).toMatchObject({ status: 502, meta: { src: 'cloudflared' } });
  },
);

/** A message of a visitor, with a mask of zeros. */
const message = (opcode: number, payload: Buffer) =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

test('a visitor who sends pings and does not read the answers gets few of them', async () => {
  let last = '';
  const origin = await startOrigin((socket) =>
    socket.on('data', (chunk) => {
      last = chunk.toString();
    }),
  );
  const { session } = await serving({ ingress: [{ service: `tcp://127.0.0.1:${origin.port}` }] });
  const stream = ask(session, UPGRADE);
  await once(stream, 'response');
  const pings = Buffer.concat(Array.from({ length: 2_000 }, () => message(9, randomBytes(120))));
  for (let i = 0; i < 50; i += 1) await new Promise((resolve) => stream.write(pings, resolve));
  stream.write(message(2, Buffer.from('all sent')));
  await until(() => last === 'all sent');
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const closed = once(stream, 'close');
  stream.end(message(8, Buffer.alloc(0)));
  await closed;
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(1_000_000);
});

test('what a visitor sends before a close frame reaches a TCP service whole, and then the end', async () => {
  let origin: Socket | undefined;
  const { port } = await startOrigin((socket) => {
    origin = socket.pause();
  });
  const { session } = await serving({ ingress: [{ service: `tcp://127.0.0.1:${port}` }] });
  const stream = ask(session, UPGRADE);
  await once(stream, 'response');
  stream.write(Buffer.concat(Array.from({ length: 60_000 }, () => message(2, Buffer.alloc(120)))));
  stream.end(message(8, Buffer.alloc(0)));
  stream.resume();
  await until(() => origin !== undefined);
  expect(await receive(origin!)).toEqual({ bytes: 60_000 * 120, how: 'ended' });
});

test('a visitor that ends inside of a message resets a TCP service', async () => {
  let origin: Socket | undefined;
  const { port } = await startOrigin((socket) => {
    origin = socket.pause();
  });
  const { session } = await serving({ ingress: [{ service: `tcp://127.0.0.1:${port}` }] });
  const stream = ask(session, UPGRADE);
  await once(stream, 'response');
  await until(() => origin !== undefined);
  stream.end(message(2, Buffer.alloc(120)).subarray(0, 50));
  expect((await receive(origin!)).how).toBe('reset');
});
