import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { DialError } from '../../src/tunnel/egress/contract.js';
import {
  cleanUp,
  connected,
  DIAL,
  failure,
  readExactly,
  startEdge,
  startOrigin,
  startRelay,
  until,
  untilStable,
} from './fixture.js';

afterEach(cleanUp);

const loopback = (port: number) => ({ host: '127.0.0.1', port });

test('bytes reach an origin through a tunnel, and come back', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(dial(tunnel, origin.port));
  const sent = randomBytes(4 * 1024 * 1024);
  socket.write(sent);
  const received = await readExactly(socket, sent.length);
  expect(received.equals(sent)).toBe(true);
  socket.destroy();
  await until(() => origin.sockets.size === 0);
});

test('what is written before the origin has accepted is sent then', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = dial(tunnel, origin.port);
  expect(socket.connecting).toBe(true);
  socket.write('early');
  expect((await readExactly(socket, 5)).toString()).toBe('early');
  expect(socket.connecting).toBe(false);
});

test('a slow reader gets everything that the origin said before it closed', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const sent = randomBytes(3 * 1024 * 1024);
  const origin = await startOrigin((socket) => socket.end(sent));
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(dial(tunnel, origin.port));
  await until(() => socket.readableLength > 0);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('an origin that does not read slows the writer down', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin((socket) => socket.pause());
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(dial(tunnel, origin.port));
  const total = 64 * 1024 * 1024;
  let taken = 0;
  const source = new Readable({
    read(size) {
      const bytes = Math.min(size, total - taken);
      taken += bytes;
      this.push(bytes > 0 ? Buffer.alloc(bytes) : null);
    },
  });
  source.pipe(socket);
  await untilStable(() => taken);
  // What fits into windows and kernel buffers has gone.
  expect(taken).toBeLessThan(total);
  const [reader] = [...origin.sockets];
  let received = 0;
  reader!.on('data', (bytes) => {
    received += bytes.length;
  });
  reader!.resume();
  await until(() => received === total);
});

test('a port where nobody listens is refused', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const tunnel = addTunnel();
  await connect(tunnel);
  const error = await failure(dial(tunnel, 1));
  expect(error).toBeInstanceOf(DialError);
  expect(error.failure).toBe('refused');
  expect(error.message).toContain('127.0.0.1:1');
});

test('a tunnel without a connection fails a dial at once', async () => {
  const { edge, addTunnel } = await startEdge();
  const error = await failure(edge.dial(addTunnel().id, loopback(80), DIAL));
  expect(error.failure).toBe('no_connection');
});

test('a host name, an impossible port and an unknown client are refused before anything is sent', async () => {
  const { edge, addTunnel } = await startEdge();
  const { id } = addTunnel();
  expect((await failure(edge.dial(id, { host: 'localhost', port: 80 }, DIAL))).message).toContain(
    'localhost',
  );
  expect((await failure(edge.dial(id, loopback(0), DIAL))).message).toContain('port 0');
  expect((await failure(edge.dial(id, loopback(80), { ...DIAL, clientIp: '' }))).failure).toBe('other');
});

test('a session that breaks under a connected socket resets it', async () => {
  for (const fault of ['cut', 'finish'] as const) {
    const { address, addTunnel, connect, dial } = await startEdge();
    const relay = await startRelay(address);
    const origin = await startOrigin();
    const tunnel = addTunnel();
    await connect(tunnel, { edge: relay.edge });
    const socket = await connected(dial(tunnel, origin.port));
    let ended = false;
    socket.once('end', () => {
      ended = true;
    });
    socket.resume();
    const error = failure(socket);
    relay[fault]();
    expect((await error).failure, fault).toBe('reset');
    expect(ended, fault).toBe(false);
  }
});

test('what an origin said up to its end is delivered although the session breaks before it is read', async () => {
  const { address, addTunnel, connect, dial, events } = await startEdge();
  const relay = await startRelay(address);
  // Less than the window of a stream that nobody reads.
  const sent = randomBytes(200 * 1024);
  const origin = await startOrigin((socket) => socket.end(sent));
  const tunnel = addTunnel();
  await connect(tunnel, { edge: relay.edge });
  const socket = await connected(dial(tunnel, origin.port));
  // A second stream over the same session: when its bytes have passed, those of the first one have arrived.
  const other = await connected(dial(tunnel, origin.port));
  await readExactly(other, sent.length);
  relay.cut();
  await until(() => events.some(({ type }) => type === 'closed'));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('an origin that resets its connection resets the socket', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(dial(tunnel, origin.port));
  socket.write('x');
  expect((await failure(socket.resume())).failure).toBe('reset');
});

test('destroying a socket closes the connection to the origin', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(dial(tunnel, origin.port));
  await until(() => origin.sockets.size === 1);
  socket.destroy();
  await until(() => origin.sockets.size === 0);
});
