import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createMessageWriter } from '../../src/tunnel/rpc/capnp-wire.js';
import { encodeBootstrap } from '../../src/tunnel/rpc/messages.js';
import { collectLog } from './collect-log.js';
import {
  cleanUp,
  cleanUpLater,
  connected,
  readExactly,
  startEdge,
  startOrigin,
  type TestEdge,
  until,
} from './fixture.js';
import { fromConnector } from './golden.js';
import { openRaw, requestOf, secureSocket } from './raw-connector.js';

afterEach(cleanUp);

function plainSocket({ address }: TestEdge): net.Socket {
  const socket = net.connect(address.port, address.host);
  socket.on('error', () => {});
  cleanUpLater(() => socket.destroy());
  return socket;
}

async function closing(socket: net.Socket): Promise<void> {
  if (!socket.resume().closed) await once(socket, 'close');
}

test('garbage on the port is closed without a word in the log, and disturbs nobody', async () => {
  const { log, lines } = collectLog();
  const started = await startEdge({ log });
  const origin = await startOrigin();
  const tunnel = started.addTunnel();
  await started.connect(tunnel);
  const socket = await connected(started.dial(tunnel, origin.port));
  const before = lines.length;

  const http = plainSocket(started);
  http.write('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
  const noise = plainSocket(started);
  noise.write(randomBytes(10_000));
  const impatient = plainSocket(started);
  impatient.once('connect', () => impatient.resetAndDestroy());
  const tlsHttp = await secureSocket(started);
  tlsHttp.write('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
  const tlsNoise = await secureSocket(started);
  tlsNoise.write(randomBytes(10_000));
  await Promise.all([http, noise, impatient, tlsHttp, tlsNoise].map(closing));

  expect(lines.slice(before)).toEqual([]);
  socket.write('undisturbed');
  expect((await readExactly(socket, 11)).toString()).toBe('undisturbed');
});

test('a peer that stays silent is dropped, whatever it has come to', async () => {
  const started = await startEdge({ registrationTimeoutMs: 300 });
  const tcp = plainSocket(started);
  const secure = await secureSocket(started);
  const halfWay = await secureSocket(started);
  const session = http2.performServerHandshake(halfWay);
  session.on('error', () => {});
  session.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200 });
    stream.write(encodeBootstrap(0).subarray(0, 20));
  });
  await Promise.all([closing(tcp), closing(secure), once(session, 'close')]);
});

test('a peer that answers the control stream with anything but a registration is dropped', async () => {
  const started = await startEdge();
  const huge = createMessageWriter(0, 1);
  huge.root.data(0, Buffer.alloc(100_000));
  for (const bytes of [randomBytes(64), Buffer.alloc(64, 0xff), huge.frame(), fromConnector.unregister]) {
    const session = http2.performServerHandshake(await secureSocket(started));
    session.on('error', () => {});
    session.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      stream.write(encodeBootstrap(0));
      stream.write(bytes);
    });
    // It may hear of a reset before, because what it says is not read any more.
    await new Promise((resolve) => session.once('close', resolve));
  }
});

test('a registered connector that breaks the protocol loses its connection', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const { session, control, registration } = await openRaw(started, requestOf(tunnel.token));
  await registration;
  expect(started.edge.connected(tunnel.id)).toBe(true);
  control.write(Buffer.alloc(64, 0xff));
  await once(session, 'close');
  expect(started.edge.connected(tunnel.id)).toBe(false);
});

test('unregistered transports beyond a limit are closed, and a connector gets in when some have gone', async () => {
  const { log, lines } = collectLog();
  const started = await startEdge({ log });
  const crowd = Array.from({ length: 1_024 }, () => plainSocket(started));
  await Promise.all(crowd.map((socket) => once(socket, 'connect')));
  for (let i = 0; i < 20; i += 1) await closing(plainSocket(started));
  expect(lines.filter((line) => line.includes('too many unregistered'))).toHaveLength(1);
  crowd[0]!.destroy();
  const tunnel = started.addTunnel();
  await until(() => crowd[0]!.closed);
  await started.connect(tunnel);
  expect(started.edge.connected(tunnel.id)).toBe(true);
});
