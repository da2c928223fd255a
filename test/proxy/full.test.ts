import { once } from 'node:events';
import net from 'node:net';
import pino from 'pino';
import { expect, test } from 'vitest';
import { createLimitLog } from '../../src/proxy/limits.js';
import { tcpOrigin } from '../support/fake-origins.js';
import { eventually } from '../support/waiting.js';
import { httpOrigin } from './fake-origin.js';
import { END_HEADERS, END_STREAM, FRAME, frame, frameClient, goawayCode, hpack } from './http2-frames.js';
import { ask, http2Client, startHttpsRig, tlsClient } from './https-rig.js';
import { type RawClient, rawClient } from './raw-client.js';
import { HOST, type RigOptions } from './rig.js';

/** `/wait` is answered by `finish`; everything else at once. */
async function start(options: RigOptions = {}) {
  let finish: (() => void) | null = null;
  const origin = await httpOrigin((request, response) => {
    if (request.url !== '/wait') response.end('ok');
    else finish = () => void response.end('late');
  });
  const logged: { msg: string; limit?: string; value?: number; flag?: string | null }[] = [];
  const rig = await startHttpsRig({
    origins: [origin.port],
    log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    ...options,
  });
  return { rig, logged, finish: () => finish!(), isWaiting: () => finish !== null };
}

const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

async function served(port: number): Promise<RawClient> {
  const client = await rawClient(port);
  client.send(get());
  await client.receive((text) => text.endsWith('ok'));
  return client;
}

test('a full proxy closes the connection that has been idle for longest, and serves the newcomer', async () => {
  const { rig, logged } = await start({ limits: { clientConnections: 3 } });
  const clients = [await served(rig.port), await served(rig.port), await served(rig.port)] as const;
  // It has had work since: the second is the oldest now.
  clients[0].send(get());
  await clients[0].receive((text) => text.match(/ok/g)?.length === 2);
  await served(rig.port);
  expect(await clients[1].closed()).toMatch(/ok$/);
  await served(rig.port);
  expect(await clients[2].closed()).toMatch(/ok$/);
  clients[0].send(get());
  await clients[0].receive((text) => text.match(/ok/g)?.length === 3);
  // Twice, and told once.
  expect(logged).toMatchObject([
    {
      msg: 'proxy: a limit is reached',
      limit: 'client connections',
      value: 3,
      flag: '--max-client-connections',
    },
  ]);
});

test('connections with a request under way, or half a one, stay: without an idle one newcomers get 503', async () => {
  const { rig, finish, isWaiting } = await start({ limits: { clientConnections: 2 } });
  const [busy, half] = [await rawClient(rig.port), await served(rig.port)];
  busy.send(get('/wait'));
  half.send('GET / HTTP/1.1\r\n');
  await eventually(isWaiting);
  const turnedAway = await rawClient(rig.port);
  expect(await turnedAway.closed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 1\r\n/);
  finish();
  await busy.receive((text) => text.endsWith('late'));
  half.send(`Host: ${HOST}\r\n\r\n`);
  await half.receive((text) => text.match(/ok/g)?.length === 2);
});

test('an idle session of HTTP/2 goes as well, with a goodbye; one with a request under way stays', async () => {
  const { rig, finish, isWaiting } = await start({ limits: { clientConnections: 2 } });
  const busy = await http2Client(rig);
  const waiting = ask(busy, { ':path': '/wait' });
  await eventually(isWaiting);
  const idle = await frameClient(rig);
  const fields = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', HOST],
    [':path', '/'],
  ] as const;
  idle.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, hpack(fields)));
  await idle.receive(
    ({ type, stream, flags }) => type === FRAME.data && stream === 1 && flags === END_STREAM,
  );
  // Known to the proxy as idle as soon as the stream is closed at its end.
  idle.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  await idle.receive(({ type }) => type === FRAME.ping);
  await served(rig.port);
  expect(goawayCode(await idle.closed())).toBe(0);
  finish();
  expect(await waiting).toMatchObject({ status: 200, body: 'late' });
});

test('each limit is told once a minute at most', () => {
  const lines: unknown[] = [];
  let now = 0;
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line).limit) });
  const reached = createLimitLog(log, () => now);
  for (now = 0; now < 150_000; now += 1_000) {
    reached('client connections', 10);
    if (now === 30_000) reached('TCP connections', 20);
  }
  expect(lines).toEqual([
    'client connections',
    'TCP connections',
    'client connections',
    'client connections',
  ]);
});

test('a client of TLS 1.2 that asks to renegotiate is cut off, and nobody else', async () => {
  const { rig } = await start();
  const other = await http2Client(rig);
  // Node's client does not tell of the end of its connection while it renegotiates: what is between does.
  let closed: Promise<unknown> | undefined;
  const between = await tcpOrigin((client) => {
    const upstream = net.connect(rig.httpsPort, '127.0.0.1');
    closed = once(upstream, 'close');
    client.pipe(upstream).pipe(client);
  });
  const options = { port: between.port, maxVersion: 'TLSv1.2' } as const;
  const socket = await tlsClient(rig, 'http/1.1', HOST, options);
  socket.write(get());
  await once(socket, 'data');
  socket.renegotiate({}, () => {});
  socket.write(get());
  await closed;
  expect(await ask(other)).toMatchObject({ status: 200, body: 'ok' });
});
