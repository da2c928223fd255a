import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../support/fake-clock.js';
import { collectLog } from './collect-log.js';
import {
  cleanUp,
  cleanUpLater,
  connected,
  failure,
  readExactly,
  startEdge,
  startOrigin,
  type TestEdge,
  until,
} from './fixture.js';
import { fromConnector } from './golden.js';
import { openRaw, requestOf, secureSocket } from './raw-connector.js';
import {
  addGoldenTunnel,
  END_HEADERS,
  FRAME,
  openWirePeer,
  register,
  STATUS_200,
  type WirePeer,
} from './wire-peer.js';

// Each of these comes to an edge that serves somebody else, who notices nothing.
let clock: FakeClock;
let started: TestEdge;
let lines: string[];
let innocent: Duplex;
beforeEach(async () => {
  clock = createFakeClock();
  const collected = collectLog();
  started = await startEdge({ log: collected.log, clock });
  // What is cut off after a polite wait, is cut off before the edge is closed.
  cleanUpLater(() => clock.advance(60_000));
  const tunnel = started.addTunnel();
  await started.connect(tunnel);
  innocent = await connected(started.dial(tunnel, (await startOrigin()).port));
  lines = collected.lines;
  lines.length = 0;
});
afterEach(async () => {
  innocent.write('still here');
  expect((await readExactly(innocent, 10)).toString()).toBe('still here');
  await cleanUp();
});

/** Time for a registration is over; those who have one answer the ping of that moment. */
async function registrationTimeIsOver(leftMs = 10_000): Promise<void> {
  clock.advance(leftMs);
  innocent.write('ping');
  await readExactly(innocent, 4);
}

function plainSocket(): net.Socket {
  const socket = net.connect(started.address.port, started.address.host);
  socket.on('error', () => {});
  cleanUpLater(() => socket.destroy());
  return socket;
}

const closing = (socket: net.Socket) => (socket.resume().closed ? undefined : once(socket, 'close'));

test('hundreds of half-open transports are dropped in time, and a connector gets in among them', async () => {
  const crowd = Array.from({ length: 300 }, plainSocket);
  await Promise.all(crowd.map((socket) => once(socket, 'connect')));
  const tunnel = started.addTunnel();
  await started.connect(tunnel);
  expect(crowd.some((socket) => socket.closed)).toBe(false);
  lines.length = 0;
  await registrationTimeIsOver();
  await Promise.all(crowd.map(closing));
  expect(started.edge.connected(tunnel.id)).toBe(true);
  expect(lines).toEqual([]);
});

test('a TLS handshake that drips is cut off when a registration should long have come', async () => {
  const hello = await clientHello();
  const socket = plainSocket();
  await once(socket, 'connect');
  for (const byte of hello.subarray(0, 40)) {
    clock.advance(200);
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
  }
  expect(socket.closed).toBe(false);
  await registrationTimeIsOver(2_000);
  await closing(socket);
});

/** The first bytes that a TLS client says. */
async function clientHello(): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1');
  cleanUpLater(() => server.close());
  await once(server, 'listening');
  const client = tls.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes;
}

test('peers that are silent after the handshake, or never answer the control stream, are cut off', async () => {
  const silent = await Promise.all(Array.from({ length: 20 }, () => secureSocket(started)));
  const deaf = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const session = http2.performServerHandshake(await secureSocket(started));
      session.on('error', () => {});
      await once(session, 'stream');
      return session;
    }),
  );
  await registrationTimeIsOver();
  await Promise.all([
    ...silent.map(closing),
    ...deaf.map((session) => session.closed || once(session, 'close')),
  ]);
  expect(lines).toEqual([]);
});

test.each<[string, Buffer]>([
  ['an index of no entry', Buffer.from([0xff, 0xff, 0x7f])],
  ['index 0', Buffer.from([0x80])],
  ['a text that is cut off', Buffer.from([0x40, 0x7f, 0x01])],
  ['a number that never ends', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['a Huffman code of nothing', Buffer.from([0x40, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00])],
])(
  'response headers that do not decode end the connection of a stranger and of a connector: %s',
  async (_, block) => {
    const stranger = await openWirePeer(started);
    stranger.send(FRAME.headers, END_HEADERS, (await stranger.next(FRAME.headers)).streamId, block);
    await stranger.closed;
    expect(lines).toEqual([]);

    const tunnel = addGoldenTunnel(started);
    const peer = await openWirePeer(started);
    await register(peer, started, tunnel);
    const lost = failure(started.dial(tunnel, 80, { connectTimeoutMs: 60_000 }));
    peer.send(FRAME.headers, END_HEADERS, (await peer.next(FRAME.headers)).streamId, block);
    expect((await lost).failure).toBe('no_connection');
    await peer.closed;
    expect(started.edge.connected(tunnel.id)).toBe(false);
    expect(messages()).toEqual([
      'edge: connector registered',
      'edge: connection takes no more streams',
      'edge: connection closed',
    ]);
  },
);

const messages = () => lines.map((line) => JSON.parse(line).msg as string);

test('what comes after a connector has aborted the conversation is not listened to', async () => {
  const tunnel = addGoldenTunnel(started);
  const peer = await openWirePeer(started);
  const control = await register(peer, started, tunnel);
  lines.length = 0;
  peer.send(FRAME.data, 0, control, fromConnector.abort);
  // A second registration and a goodbye on the same connection, as if nothing had been: none of them is followed.
  const again = [fromConnector.bootstrap, fromConnector.register, fromConnector.unregister];
  peer.send(FRAME.data, 0, control, Buffer.concat(again));
  innocent.write('ping');
  await readExactly(innocent, 4);
  expect(lines).toEqual([]);
  peer.send(FRAME.resetStream, 0, control, Buffer.alloc(4));
  await until(() => !started.edge.connected(tunnel.id));
  clock.advance(1_000);
  await peer.closed;
});

const INITIAL_WINDOW_SIZE = 4;
const LARGEST_WINDOW = 2 ** 31 - 1;

test('a connector that registers and then never reads takes a bounded amount, and is found out by the ping', async () => {
  const tunnel = addGoldenTunnel(started);
  const peer = await openWirePeer(started, [[INITIAL_WINDOW_SIZE, LARGEST_WINDOW]]);
  const wide = Buffer.alloc(4);
  wide.writeUInt32BE(LARGEST_WINDOW - 65_535);
  peer.send(FRAME.windowUpdate, 0, 0, wide);
  await register(peer, started, tunnel);
  const socket = started.dial(tunnel, 80);
  const lost = failure(socket);
  peer.send(FRAME.headers, END_HEADERS, (await peer.next(FRAME.headers)).streamId, STATUS_200);
  await connected(socket);
  peer.socket.pause();

  let taken = 0;
  const stuck = async () => {
    for (; taken < 256 * MIB; taken += 64 * KIB)
      if (!socket.write(Buffer.alloc(64 * KIB)) && !(await drained(socket))) return;
  };
  await stuck();
  // What the kernel holds, and one buffer here.
  expect(taken).toBeLessThan(64 * MIB);
  expect(socket.writableLength).toBeLessThan(MIB);
  await registrationTimeIsOver();
  clock.advance(5_000);
  expect((await lost).message).toContain('ping not answered');
  expect(started.edge.connected(tunnel.id)).toBe(false);
});

const KIB = 1024;
const MIB = 1024 * KIB;

/** Whether the socket takes more after a while in which everybody else got on. */
async function drained(socket: Duplex): Promise<boolean> {
  let more = false;
  socket.once('drain', () => {
    more = true;
  });
  for (let turn = 0; turn < 50 && !more; turn += 1) {
    innocent.write('turn');
    await readExactly(innocent, 4);
  }
  return more;
}

test('a flood of pings by a stranger that reads no answer ends with its time, and memory stays', async () => {
  const peer = await openWirePeer(started);
  await peer.next(FRAME.headers);
  peer.socket.pause();
  const before = process.memoryUsage();
  await flood(peer, FRAME.ping, Buffer.alloc(8), 300_000);
  const { heapUsed, external } = process.memoryUsage();
  expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(128 * MIB);
  await registrationTimeIsOver();
  await closing(peer.socket);
});

/** So many frames, or as many as the other end takes. */
async function flood(peer: WirePeer, type: number, payload: Buffer, count: number): Promise<void> {
  const { socket } = peer;
  let over = false;
  socket.once('close', () => {
    over = true;
  });
  for (let sent = 0; sent < count && !over; sent += 1) {
    peer.send(type, 0, 0, payload);
    if (!socket.writableNeedDrain) continue;
    const taken = await drained(socket);
    if (!taken) return;
  }
}

test('a connector that claims the tunnel of another account is refused with one line, as if there were no such tunnel', async () => {
  const tunnel = started.addTunnel({ name: 'somebody else' });
  const { registration, session } = await openRaw(
    started,
    requestOf(tunnel.token, { accountTag: 'f'.repeat(32), clientId: '99999999-2222-4333-8444-555555555555' }),
  );
  await expect(registration).rejects.toThrow('Unauthorized: Tunnel not found');
  clock.advance(1_000);
  if (!session.closed) await once(session, 'close');
  expect(started.edge.connected(tunnel.id)).toBe(false);
  expect(messages()).toEqual(['edge: connector refused']);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    tunnelId: tunnel.id,
    clientId: '99999999-2222-4333-8444-555555555555',
    cause: 'Unauthorized: Tunnel not found',
  });
  expect(lines[0]).not.toContain(tunnel.token.slice(0, 20));
});

test('strangers that come and go by the hundred leave nothing behind', async () => {
  const pending = clock.pending;
  for (let round = 0; round < 5; round += 1) {
    const crowd = await Promise.all(Array.from({ length: 40 }, () => secureSocket(started)));
    for (const socket of crowd) socket.destroy();
  }
  await until(() => clock.pending === pending, 'all timers of strangers are released');
  expect(lines).toEqual([]);
});
