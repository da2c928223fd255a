import { once } from 'node:events';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { joinStreams, ReadAhead } from '../../src/proxy/downstream/joined-streams.js';
import { createDeadlines } from '../../src/proxy/limits.js';
import { newest } from '../support/request-filters.js';
import { eventually } from '../support/waiting.js';
import { rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const MIB = 1024 * 1024;
const TOTAL = 64 * MIB;

/** Writes more than anybody takes, and waits until nothing moves any more. */
async function fill(socket: net.Socket): Promise<void> {
  socket.write(Buffer.alloc(TOTAL));
  let last = -1;
  let still = 0;
  await eventually(() => {
    still = socket.bytesWritten - socket.writableLength === last ? still + 1 : 0;
    last = socket.bytesWritten - socket.writableLength;
    return still > 20;
  });
}

test.each(['destroy', 'resetAndDestroy'] as const)(
  'a client that goes (%s) while its origin takes nothing of its body is noticed',
  async (how) => {
    const origin = await rawOrigin((socket) => socket.pause());
    const rig = await startRig({ origins: [origin.port], timeouts: { clientLook: 20 } });
    const client = await rawClient(rig.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    await fill(client.socket);
    client.socket[how]();
    await eventually(() => rig.requests.find(newest(1))[0]?.error === 'client_gone');
  },
);

test('a client that goes after its whole body, of which the origin takes nothing, is noticed', async () => {
  const origin = await rawOrigin((socket) => socket.pause());
  const rig = await startRig({ origins: [origin.port], timeouts: { clientLook: 20 } });
  const client = await rawClient(rig.port);
  // More than the origin's system takes, so that the last piece of the body finds the way full.
  const body = 10 * MIB;
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body}\r\n\r\n`);
  client.send(Buffer.alloc(body));
  await eventually(() => client.socket.writableLength === 0);
  client.socket.destroy();
  await eventually(() => rig.requests.find(newest(1))[0]?.error === 'client_gone');
});

async function connection(): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const near = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [far] = (await once(server, 'connection')) as [net.Socket];
  for (const socket of [near, far]) {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
  }
  server.close();
  return [near, far];
}

async function joined() {
  const [client, clientSide] = await connection();
  const [originSide, origin] = await connection();
  const deadlines = createDeadlines(20);
  onTestFinished(() => deadlines.stop());
  joinStreams(clientSide, originSide, deadlines, { idleMs: 3_600_000, lookMs: 20 });
  return { client, clientSide, originSide, origin };
}

test('a byte stream whose client is reset while the origin takes nothing is given up at once', async () => {
  const { client, originSide } = await joined();
  await fill(client);
  const closed = once(originSide, 'close');
  client.resetAndDestroy();
  await closed;
  expect(originSide.writableFinished).toBe(false);
});

test('a client that has only ended its half while the origin takes nothing has not gone', async () => {
  const { client, origin } = await joined();
  const size = 24 * MIB;
  client.end(Buffer.alloc(size));
  await eventually(() => client.writableLength > 0 || client.writableFinished);
  let read = 0;
  origin.on('data', (chunk) => {
    read += chunk.length;
  });
  await once(origin, 'end');
  expect(read).toBe(size);
  origin.end('answer');
  expect(String((await once(client, 'data'))[0])).toBe('answer');
});

test('what is read of clients whose origins take nothing is bounded for all of them together', () => {
  const socket = () => new PassThrough();
  const all: ReadAhead[] = [];
  let taken = 0;
  for (let client = 0; client < 200; client += 1) {
    const ahead = new ReadAhead(socket());
    all.push(ahead);
    for (let look = 0; look < 100; look += 1) {
      ahead.look();
      for (; ahead.looking; taken += 64 * 1024) ahead.took(64 * 1024);
    }
  }
  expect(taken).toBeLessThan(128 * MIB);
  for (const ahead of all) ahead.release();
  const next = new ReadAhead(socket());
  next.look();
  expect(next.looking).toBe(true);
});
