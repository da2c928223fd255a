import { once } from 'node:events';
import type net from 'node:net';
import { expect, test } from 'vitest';
import { rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const MIB = 1024 * 1024;
const TOTAL = 64 * MIB;
/** What the sockets' buffers of two connections on this machine may swallow, far below the whole. */
const BOUND = 32 * MIB;

/** Writes without end until the socket has taken no byte for a number of turns; resolves with what it took. */
async function writeUntilStuck(socket: net.Socket, chunk: Buffer): Promise<number> {
  let written = 0;
  let stuckTurns = 0;
  while (written < TOTAL && stuckTurns < 300) {
    if (socket.writableLength < 256 * 1024) {
      socket.write(chunk);
      written += chunk.length;
      stuckTurns = 0;
    } else stuckTurns += 1;
    await new Promise((resolve) => setTimeout(resolve, stuckTurns === 0 ? 0 : 2));
  }
  return written;
}

test('an origin is not read faster than the client reads', async () => {
  let stuckAt: Promise<number> | undefined;
  let asked = () => {};
  const began = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
      stuckAt = writeUntilStuck(socket, Buffer.alloc(64 * 1024));
      asked();
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.socket.pause();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await began;
  const written = await stuckAt!;
  expect(written).toBeLessThan(BOUND);

  let received = 0;
  client.socket.removeAllListeners('data').on('data', (chunk) => {
    received += chunk.length;
  });
  client.socket.resume();
  while (received < written) await once(client.socket, 'data');
});

test('a client is not read faster than the origin reads', async () => {
  const origin = await rawOrigin((socket) => socket.pause());
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${TOTAL}\r\n\r\n`);
  expect(await writeUntilStuck(client.socket, Buffer.alloc(64 * 1024))).toBeLessThan(BOUND);
});

test('a client that sends requests and reads no answer is not read on', async () => {
  const rig = await startRig();
  const client = await rawClient(rig.port);
  client.socket.pause();
  const requests = Buffer.from('GET / HTTP/1.1\r\nHost: unknown\r\n\r\n'.repeat(1000));
  expect(await writeUntilStuck(client.socket, requests)).toBeLessThan(BOUND);
});

test('a client is not read on while its origin is being connected to', async () => {
  const rig = await startRig({ origins: [9], failures: { '127.0.0.1:9': 'never connects' } });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${TOTAL}\r\n\r\n`);
  expect(await writeUntilStuck(client.socket, Buffer.alloc(64 * 1024))).toBeLessThan(BOUND);
});

test('an upgraded connection is read no faster than the other side reads', async () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  let stuckAt: Promise<number> | undefined;
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}`);
      stuckAt = writeUntilStuck(socket, Buffer.alloc(64 * 1024));
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n${upgrade}`);
  await client.receive((text) => text.includes('\r\n\r\n'));
  client.socket.pause();
  expect(await stuckAt!).toBeLessThan(BOUND);
});
