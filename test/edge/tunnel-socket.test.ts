import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { TunnelSocket } from '../../src/tunnel/edge/tunnel-socket.js';
import {
  cleanUp,
  cleanUpLater,
  connected,
  readExactly,
  startEdge,
  startOrigin,
  testAuthority,
  until,
} from './fixture.js';
import { connectRaw } from './raw-connector.js';

afterEach(cleanUp);

async function startHttp(server: http.Server): Promise<number> {
  server.on('request', async (request: IncomingMessage, response: http.ServerResponse) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    response.end(`${request.method} ${length}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function post(options: http.RequestOptions, body: Buffer): Promise<string> {
  const request = http.request({ method: 'POST', host: 'origin.example', ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

async function startTunnel() {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  await started.connect(tunnel);
  return { ...started, tunnel };
}

test('the HTTP client of Node works over it, with and without keep-alive', async () => {
  const { dial, tunnel } = await startTunnel();
  const port = await startHttp(http.createServer());
  let dials = 0;
  const createConnection = () => {
    dials += 1;
    return dial(tunnel, port) as Duplex;
  };
  const body = Buffer.alloc(100_000);
  expect(await post({ createConnection }, body)).toBe('POST 100000');
  expect(dials).toBe(1);

  const agent = new http.Agent({ keepAlive: true });
  cleanUpLater(() => agent.destroy());
  Object.assign(agent, { createConnection });
  for (let i = 0; i < 3; i += 1) expect(await post({ agent, timeout: 100_000 }, body)).toBe('POST 100000');
  expect(dials).toBe(2);
});

test('TLS works over it', async () => {
  const { dial, tunnel } = await startTunnel();
  const { key, certificate, caCertificate } = await testAuthority();
  const port = await startHttp(https.createServer({ key, cert: certificate }));
  const secure = tls.connect({
    socket: await connected(dial(tunnel, port)),
    servername: 'localhost',
    ca: caCertificate,
  });
  cleanUpLater(() => secure.destroy());
  await once(secure, 'secureConnect');
  expect(await post({ createConnection: () => secure }, Buffer.alloc(50_000))).toBe('POST 50000');
});

test('it tells when nothing has passed for some time', async () => {
  const { dial, tunnel } = await startTunnel();
  const origin = await startOrigin();
  const socket = (await connected(dial(tunnel, origin.port))) as TunnelSocket;
  const called = new Promise<void>((resolve) => socket.setTimeout(20, resolve));
  await Promise.all([called, once(socket, 'timeout')]);
});

test('a write that is pending when it is destroyed is called back with the error', async () => {
  const socket = new TunnelSocket();
  const written = new Promise((resolve) => socket.write('never sent', resolve));
  socket.on('error', () => {});
  socket.destroy(new Error('gone'));
  expect(await written).toMatchObject({ message: 'gone' });
});

test('it closes after the end of an origin that has not read what was written to it', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const bytes = 1024 * 1024;
  await connectRaw(started, tunnel, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('bye', () => stream.close(constants.NGHTTP2_NO_ERROR));
  });
  const socket = await connected(started.dial(tunnel, 9));
  socket.write(Buffer.alloc(bytes));
  expect((await readExactly(socket, 3)).toString()).toBe('bye');
  socket.resume();
  await once(socket, 'close');
});

test('an origin sees an end, and no reset, when a socket is closed in good order', async () => {
  const { dial, tunnel } = await startTunnel();
  const seen: string[] = [];
  const origin = await startOrigin((socket) => {
    socket.on('error', () => seen.push('reset'));
    socket.on('data', (chunk) => seen.push(String(chunk)));
    socket.once('end', () => {
      seen.push('end');
      socket.end();
    });
  });
  const socket = await connected(dial(tunnel, origin.port));
  socket.write('bye');
  socket.destroySoon();
  await until(() => seen.length > 0 && origin.sockets.size === 0);
  expect(seen).toEqual(['bye', 'end']);
});

test('an origin sees a reset when a socket is destroyed', async () => {
  const { dial, tunnel } = await startTunnel();
  let broken = false;
  const origin = await startOrigin((socket) => {
    socket.on('error', () => {
      broken = true;
    });
    socket.resume();
  });
  const socket = await connected(dial(tunnel, origin.port));
  await until(() => origin.sockets.size === 1);
  socket.destroy();
  await until(() => broken);
});

/** cloudflared, and whatever else announces no half-close: it ends both directions when either has ended. */
async function startWithoutHalfClose(halfCloseIdleMs: number) {
  const started = await startEdge({ halfCloseIdleMs });
  const tunnel = started.addTunnel();
  let received = 0;
  let ended = false;
  let serve: (stream: ServerHttp2Stream) => void = () => {};
  const serving = new Promise<ServerHttp2Stream>((resolve) => {
    serve = resolve;
  });
  await connectRaw(started, tunnel, (stream) => {
    stream.respond({ ':status': 200 });
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    stream.once('end', () => {
      ended = true;
    });
    serve(stream);
  });
  const client = (await connected(started.dial(tunnel, 9))) as TunnelSocket;
  return {
    client,
    stream: await serving,
    get received() {
      return received;
    },
    get ended() {
      return ended;
    },
  };
}

const LONG_MS = 3_600_000;

test('a connector without half-close is told our end only when the origin has ended', async () => {
  const rig = await startWithoutHalfClose(LONG_MS);
  rig.client.end(Buffer.alloc(300_000));
  await until(() => rig.received === 300_000);
  rig.stream.write('answer');
  expect((await readExactly(rig.client, 6)).toString()).toBe('answer');
  expect(rig.ended).toBe(false);
  rig.client.resume();
  rig.stream.end();
  await until(() => rig.ended);
});

test('a connector without half-close is told our end when nothing has moved for a while', async () => {
  const rig = await startWithoutHalfClose(30);
  rig.client.end(Buffer.alloc(300_000));
  await until(() => rig.ended);
  expect(rig.received).toBe(300_000);
});

test('our end waits for all bytes, however long a connector without half-close does not read', async () => {
  const rig = await startWithoutHalfClose(0);
  rig.stream.pause();
  rig.client.end(Buffer.alloc(1_100_000));
  await until(() => rig.client.writableLength > 0 || rig.client.writableEnded);
  expect(rig.client.writableFinished).toBe(false);
  rig.stream.resume();
  await until(() => rig.ended);
  expect(rig.received).toBe(1_100_000);
});

test('a socket that is destroyed while its bytes wait resets the stream', async () => {
  const rig = await startWithoutHalfClose(LONG_MS);
  rig.stream.pause();
  rig.client.end(Buffer.alloc(1_100_000));
  const closed = once(rig.stream, 'close');
  rig.client.destroy();
  await closed;
  expect(rig.stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  expect(rig.ended).toBe(false);
});

test('a stream that the connector resets behind its end is no whole one', async () => {
  const rig = await startWithoutHalfClose(LONG_MS);
  rig.stream.pause();
  rig.client.write(Buffer.alloc(1_100_000));
  rig.client.resume();
  rig.client.on('end', () => {});
  const failed = new Promise((resolve) => rig.client.once('error', resolve));
  rig.stream.end('bye', () => rig.stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  expect(await failed).toMatchObject({ failure: 'reset' });
});

test('who takes its bytes without the event `data` gets all of them in order, whenever the socket is paused', async () => {
  const { dial, tunnel } = await startTunnel();
  const sent = Buffer.alloc(2_000_000, 'abcdefghijklmnopqrstuvw');
  const { port: origin } = await startOrigin((socket) => void socket.write(sent));
  const socket = await connected(dial(tunnel, origin));
  const pieces: Buffer[] = [];
  let bytes = 0;
  let pausedMoves = 0;
  socket.reads!.handTo((piece) => {
    if (socket.isPaused()) pausedMoves += 1;
    pieces.push(Buffer.from(piece));
    bytes += piece.length;
    if (pieces.length % 7 !== 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  await until(() => bytes === sent.length);
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  expect(pausedMoves).toBe(0);
  socket.destroy();
});

test('what comes after they were handed back is for the event `data`', async () => {
  const { dial, tunnel } = await startTunnel();
  const { port: origin } = await startOrigin((socket) => void socket.pipe(socket));
  const socket = await connected(dial(tunnel, origin));
  let taken = '';
  socket.reads!.handTo((piece) => {
    taken += piece.toString();
  });
  socket.write('first');
  await until(() => taken === 'first');
  socket.reads!.handTo(null);
  socket.write('second');
  expect((await readExactly(socket, 6)).toString()).toBe('second');
  expect(taken).toBe('first');
  socket.destroy();
});
