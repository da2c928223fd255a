import { once } from 'node:events';
import http2 from 'node:http2';
import { beforeEach, expect, test } from 'vitest';
import { createTokenBucket } from '../../src/net/clock.js';
import { eventually } from '../support/waiting.js';
import { type FakeOrigin, httpOrigin } from './fake-origin.js';
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  type FrameClient,
  frame,
  frameClient,
  goawayCode,
  hpack,
  told,
  uint32,
} from './http2-frames.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';
import { HOST, type Rig } from './rig.js';

const CALM = http2.constants.NGHTTP2_ENHANCE_YOUR_CALM;
const CANCEL = uint32(http2.constants.NGHTTP2_CANCEL);
const MEGABYTE = 1024 * 1024;

const head = (path: string) =>
  hpack([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', HOST],
    [':path', path],
  ]);

let origin: FakeOrigin;
let rig: Rig;

beforeEach(async () => {
  const large = Buffer.alloc(8 * MEGABYTE);
  origin = await httpOrigin((request, response) => {
    if (request.url === '/large') response.end(large);
    else if (request.url !== '/waits') response.end('ok');
  });
  rig = await startHttpsRig({ origins: [origin.port], timeouts: { bodyIdle: 1_000, clientIdle: 1_000 } });
});

/** What every test ends with: others are served as if nothing had been. */
async function othersGoOn(): Promise<void> {
  expect(await ask(await http2Client(rig))).toMatchObject({ status: 200, body: 'ok' });
}

/** Sends until the connection is closed, without running ahead of what is taken. */
async function flood(client: FrameClient, bytes: (round: number) => Buffer): Promise<void> {
  const { socket } = client;
  for (let round = 0; socket.writable && round < 100_000; round++) {
    const flowing = socket.write(bytes(round));
    if (!flowing) await Promise.race([told(socket, 'drain'), told(socket, 'close')]);
    else if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('streams that are opened and reset at once end the session', async () => {
  const client = await frameClient(rig);
  await flood(client, (round) => {
    const stream = 2 * round + 1;
    const open = frame(FRAME.headers, END_HEADERS | END_STREAM, stream, head('/waits'));
    return Buffer.concat([open, frame(FRAME.reset, 0, stream, CANCEL)]);
  });
  expect(goawayCode(await client.closed())).toBe(CALM);
  await othersGoOn();
});

test('streams that the client makes us reset end the session as well', async () => {
  const client = await frameClient(rig);
  await flood(client, (round) => {
    const stream = 2 * round + 1;
    const open = frame(FRAME.headers, END_HEADERS, stream, head('/waits'));
    // A window that is opened by nothing is an error of the stream.
    return Buffer.concat([open, frame(FRAME.window, 0, stream, uint32(0))]);
  });
  await client.closed();
  await othersGoOn();
});

test('malformed requests, each answered, end the session when they do not end', async () => {
  const client = await frameClient(rig);
  await flood(client, (round) =>
    frame(
      FRAME.headers,
      END_HEADERS | END_STREAM,
      2 * round + 1,
      hpack([
        [':method', 'GET'],
        [':scheme', 'ftp'],
        [':path', '/'],
        [':authority', HOST],
      ]),
    ),
  );
  await client.closed();
  await othersGoOn();
});

test.each([
  ['PING', frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ['SETTINGS', frame(FRAME.settings, 0, 0)],
])('%s frames without end end the session', async (_what, bytes) => {
  const client = await frameClient(rig);
  await flood(client, () => Buffer.concat(Array(50).fill(bytes)));
  expect(goawayCode(await client.closed())).toBe(CALM);
  await othersGoOn();
});

test('PING frames whose answers nobody reads take no memory without end', async () => {
  const client = await frameClient(rig);
  client.socket.pause();
  const before = process.memoryUsage().rss;
  const pings = Buffer.concat(Array(1_000).fill(frame(FRAME.ping, 0, 0, Buffer.alloc(8))));
  await flood(client, () => pings);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEGABYTE);
  client.socket.destroy();
  await othersGoOn();
});

test('a head that goes on and on ends the session', async () => {
  const client = await frameClient(rig);
  client.send(frame(FRAME.headers, END_STREAM, 1, head('/')));
  const more = hpack([['x-more', 'a'.repeat(1_000)]]);
  await flood(client, () => frame(FRAME.continuation, 0, 1, more));
  await client.closed();
  await othersGoOn();
});

test('CONTINUATION frames of nothing end the session', async () => {
  const client = await frameClient(rig);
  client.send(frame(FRAME.headers, END_STREAM, 1, head('/')));
  await flood(client, () => frame(FRAME.continuation, 0, 1));
  await client.closed();
  await othersGoOn();
});

test('DATA frames of nothing end the session', async () => {
  const client = await frameClient(rig);
  client.send(frame(FRAME.headers, END_HEADERS, 1, head('/waits')));
  await flood(client, () => Buffer.concat(Array(50).fill(frame(FRAME.data, 0, 1))));
  await client.closed();
  await othersGoOn();
});

test('more streams at once than were allowed are refused, and those before them are answered', async () => {
  const client = await frameClient(rig);
  for (let i = 0; i < 100; i++)
    client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 2 * i + 1, head('/waits')));
  client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 201, head('/')));
  const refused = await client.receive(({ type, stream }) => type === FRAME.reset && stream === 201);
  expect(refused.payload.readUInt32BE()).toBe(http2.constants.NGHTTP2_REFUSED_STREAM);
  await othersGoOn();
});

test('the streams of all sessions together are bounded', async () => {
  const small = await startHttpsRig({ origins: [origin.port], limits: { streams: 2 } });
  const [first, second] = await Promise.all([http2Client(small), http2Client(small)]);
  const held = [
    first.request({ ':authority': HOST, ':path': '/waits' }),
    second.request({ ':authority': HOST, ':path': '/waits' }),
  ];
  for (const stream of held) stream.on('error', () => {});
  await eventually(() => origin.connections() === 2);
  await expect(ask(second)).rejects.toThrow('REFUSED_STREAM');
  held[0]!.close();
  await eventually(() =>
    ask(second).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
});

test('a client that reads nothing of its answers holds up nobody but itself, and not for ever', async () => {
  const client = await frameClient(rig);
  client.socket.pause();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 50; i++)
    client.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 2 * i + 1, head('/large')));
  await eventually(() => origin.connections() > 0);
  await othersGoOn();
  // Fifty times eight megabytes are asked for.
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MEGABYTE);
  client.socket.resume();
  const frames = await client.closed();
  const received = frames.reduce((total, { payload }) => total + payload.length, 0);
  expect(received).toBeLessThan(20 * MEGABYTE);
});

test('a client that opens no window for its answers loses them, and its session after that', async () => {
  const session = await http2Client(rig, { settings: { initialWindowSize: 0 } });
  const stream = session.request({ ':authority': HOST });
  const failed = once(stream, 'close');
  stream.on('error', () => {});
  await failed;
  expect(stream.rstCode).not.toBe(0);
  await once(session, 'close');
  await othersGoOn();
});

test('a client that sends nothing is let go', async () => {
  const strict = await startHttpsRig({ origins: [origin.port], timeouts: { clientHead: 200, linger: 100 } });
  const client = await frameClient(strict);
  await client.closed();
  const session = await http2Client(strict);
  await once(session, 'close');
});

test('a request body that stops coming is given up', async () => {
  const session = await http2Client(rig);
  const stream = session.request({ ':authority': HOST, ':method': 'POST', ':path': '/waits' });
  stream.write('begun');
  const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  expect(headers[':status']).toBe(408);
});

test('tokens come back with time, up to the burst', () => {
  let now = 0;
  const { tryAcquire } = createTokenBucket(3, 2, () => now);
  const often = (times: number) => Array.from({ length: times }, tryAcquire);
  expect(often(9)).toEqual([true, true, true, ...Array(6).fill(false)]);
  now = 1_000;
  expect(often(3)).toEqual([true, true, false]);
  now = 100_000;
  expect(often(4)).toEqual([true, true, true, false]);
});
