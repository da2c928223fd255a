import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { type Clock, realTime } from '../../src/net/clock.js';
import { createRegistrationCalls } from '../../src/tunnel/connector/transport.js';
import { Http2Session } from '../../src/tunnel/h2/session.js';
import type { Http2Stream } from '../../src/tunnel/h2/stream.js';
import {
  cleanUp,
  cleanUpLater,
  connected,
  failure,
  readExactly,
  startEdge,
  startOrigin,
  startRelay,
  until,
} from './fixture.js';
import { connectRaw, requestOf, secureSocket } from './raw-connector.js';

afterEach(cleanUp);

const refuse = (stream: ServerHttp2Stream, meta = '{"src":"cloudflared"}') =>
  stream.respond({ ':status': 502, 'cf-cloudflared-response-meta': meta }, { endStream: true });

test('a connector sees the destination, the client and who asks', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const seen: IncomingHttpHeaders[] = [];
  await connectRaw(started, tunnel, (stream, headers) => {
    seen.push(headers);
    stream.respond({ ':status': 200 });
  });
  await connected(started.dial(tunnel, 8080, { clientIp: '192.0.2.1' }));
  await connected(started.dial(tunnel, 8080, { clientIp: '2001:db8::1', purpose: 'probe' }));
  const v6 = started.edge.dial(
    tunnel.id,
    { host: 'FD00:0::1', port: 443 },
    { clientIp: '::1', purpose: 'traffic', connectTimeoutMs: 5_000 },
  );
  cleanUpLater(() => v6.on('error', () => {}).destroy());
  await connected(v6);
  expect(seen[0]).toMatchObject({
    ':method': 'GET',
    ':scheme': 'https',
    ':path': '/',
    ':authority': '127.0.0.1:8080',
    'cf-cloudflared-proxy-src': '192.0.2.1',
  });
  expect(seen[0]).not.toHaveProperty('user-agent');
  expect(seen[1]!['cf-cloudflared-proxy-src']).toBe('2001:db8::1');
  expect(seen[1]!['user-agent']).toMatch(
    /^Mozilla\/5\.0 \(compatible; Cloudflare-Traffic-Manager\/1\.0; \+https:\/\/www\.cloudflare\.com\/traffic-manager\/;/,
  );
  expect(seen[2]![':authority']).toBe('[fd00::1]:443');
});

test('a 502 that took as long as the dial timeout of connectors is a timeout', async () => {
  let elapsed = 0;
  const clock: Clock = { ...realTime, monotonic: () => elapsed };
  const started = await startEdge({ clock });
  const tunnel = started.addTunnel();
  await connectRaw(started, tunnel, (stream) => {
    elapsed += 5_000;
    refuse(stream);
  });
  expect((await failure(started.dial(tunnel, 80))).failure).toBe('timeout');
});

test('a connector at its limit of flows, and an unexpected answer, are not taken for the origin', async () => {
  const started = await startEdge();
  const [limited, strange] = [started.addTunnel(), started.addTunnel()];
  await connectRaw(
    started,
    limited,
    (stream) => void refuse(stream, '{"src":"cloudflared","flow_rate_limited":true}'),
  );
  await connectRaw(started, strange, (stream) => stream.respond({ ':status': 503 }, { endStream: true }));
  expect((await failure(started.dial(limited, 80))).message).toContain('too many flows');
  const error = await failure(started.dial(strange, 80));
  expect(error.failure).toBe('other');
  expect(error.message).toContain('503');
});

test('what a connector has refused is not tried on another connection of it', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const clientId = randomUUID();
  let asked = 0;
  for (const connIndex of [0, 1]) {
    await connectRaw(
      started,
      tunnel,
      (stream) => {
        asked += 1;
        refuse(stream);
      },
      { clientId, connIndex },
    );
  }
  const error = await failure(started.dial(tunnel, 80));
  expect(error.failure).toBe('refused');
  // cloudflared does not tell a refusal from a network that is down: nor do we.
  expect(error.message).toContain(`connector ${clientId} (127.0.0.1) could not connect and does not say why`);
  expect(asked).toBe(1);
});

test('a dial whose connection breaks before the answer goes on over another one', async () => {
  const started = await startEdge();
  const relay = await startRelay(started.address);
  const origin = await startOrigin();
  const tunnel = started.addTunnel();
  await started.connect(tunnel, { edge: relay.edge });
  relay.freeze();
  const socket = started.dial(tunnel, origin.port);
  socket.write('hello');
  await started.connect(tunnel);
  expect(socket.connecting).toBe(true);
  relay.cut();
  expect((await readExactly(socket, 5)).toString()).toBe('hello');
});

test('a stream that a connector resets before its answer goes to every connection once', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const asked = [0, 0, 0];
  for (const connIndex of asked.keys()) {
    await connectRaw(
      started,
      tunnel,
      (stream) => {
        asked[connIndex]! += 1;
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      },
      { connIndex },
    );
  }
  const error = await failure(started.dial(tunnel, 80));
  expect(error.failure).toBe('no_connection');
  expect(error.message).toContain('(3)');
  expect(asked).toEqual([1, 1, 1]);
  expect(started.edge.connections(tunnel.id)).toHaveLength(3);
});

test('a stream that one connection refuses is tried on another, and both stay', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  let refused = 0;
  await connectRaw(started, tunnel, (stream) => {
    refused += 1;
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  });
  expect((await failure(started.dial(tunnel, 80))).failure).toBe('no_connection');
  await connectRaw(started, tunnel, (stream) => stream.respond({ ':status': 200 }), { connIndex: 1 });
  for (let i = 0; i < 2; i += 1) (await connected(started.dial(tunnel, 80))).destroy();
  expect(refused).toBeGreaterThan(1);
  expect(started.edge.connections(tunnel.id)).toHaveLength(2);
});

test('a dial that gets no answer times out, and the stream is cancelled', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  let cancelled: Promise<unknown> | undefined;
  let code: number | undefined;
  await connectRaw(started, tunnel, (stream) => {
    cancelled = once(stream, 'close').then(() => {
      code = stream.rstCode;
    });
  });
  const error = await failure(started.dial(tunnel, 80, { connectTimeoutMs: 50 }));
  expect(error.failure).toBe('timeout');
  expect(error.message).toContain('127.0.0.1:80');
  await cancelled;
  expect(code).toBe(constants.NGHTTP2_CANCEL);
  // The session answers its pings, so it stays.
  expect(started.edge.connected(tunnel.id)).toBe(true);
});

test('a socket that is destroyed while it connects cancels its stream, without an error', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const streams: ServerHttp2Stream[] = [];
  await connectRaw(started, tunnel, (stream) => void streams.push(stream));
  const socket = started.dial(tunnel, 80);
  await until(() => streams.length === 1);
  const cancelled = once(streams[0]!, 'close');
  socket.destroy();
  await cancelled;
  expect(socket.errored).toBeNull();
  expect(socket.connecting).toBe(false);
});

test('after a dial without an answer the session is pinged at once, and ended when it is dead', async () => {
  // No ping is due within the life of this test.
  const started = await startEdge({ pingIntervalMs: 600_000, pingTimeoutMs: 50 });
  const relay = await startRelay(started.address);
  const tunnel = started.addTunnel();
  await started.connect(tunnel, { edge: relay.edge });
  relay.freeze();
  expect((await failure(started.dial(tunnel, 80, { connectTimeoutMs: 20 }))).failure).toBe('timeout');
  await until(() => !started.edge.connected(tunnel.id));
});

test('a connection that does not answer a ping is chosen only when there is no other', async () => {
  const started = await startEdge({ pingIntervalMs: 600_000, pingTimeoutMs: 600_000 });
  const relay = await startRelay(started.address);
  const tunnel = started.addTunnel();
  const clientId = randomUUID();
  const accept = (stream: ServerHttp2Stream) => stream.respond({ ':status': 200 });
  const [host, port] = relay.edge[0]!.split(':');
  await connectRaw({ address: { host: host!, port: Number(port) } }, tunnel, accept, { clientId });
  await connectRaw(started, tunnel, accept, { clientId, connIndex: 1 });
  relay.freeze();
  const outcome = async (connectTimeoutMs: number) => {
    const socket = started.dial(tunnel, 80, { connectTimeoutMs });
    return await Promise.race([
      once(socket, 'connect').then(() => 'connected'),
      once(socket, 'close').then(() => 'failed'),
    ]).catch(() => 'failed');
  };
  while ((await outcome(300)) === 'connected');
  // The frozen one has fewer streams.
  for (let i = 0; i < 4; i += 1) expect(await outcome(10_000)).toBe('connected');
  expect(started.edge.connections(tunnel.id)).toHaveLength(2);
});

test('a header block that is too large costs its own stream alone', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const session = new Http2Session(await secureSocket(started), { role: 'server' });
  session.on('error', () => {});
  const registered = new Promise((resolve) => {
    session.once('stream', (control: Http2Stream) => {
      control.on('error', () => {});
      resolve(createRegistrationCalls(control).register(requestOf(tunnel.token)));
      session.on('stream', (stream: Http2Stream, headers: IncomingHttpHeaders) => {
        stream.on('error', () => {});
        const bytes = headers[':authority'] === '127.0.0.1:81' ? 2_000_000 : 80_000;
        stream.respond({ ':status': 200, 'cf-cloudflared-response-headers': 'x'.repeat(bytes) });
        stream.pipe(stream);
      });
    });
  });
  await registered;
  const echo = await connected(started.dial(tunnel, 80));
  expect((await failure(started.dial(tunnel, 81))).failure).toBe('no_connection');
  echo.write('still here');
  expect((await readExactly(echo, 10)).toString()).toBe('still here');
  expect(started.edge.connected(tunnel.id)).toBe(true);
});

test('thousands of short streams pass through one session', async () => {
  const { addTunnel, connect, dial } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  let done = 0;
  const worker = async () => {
    while (done < 3_000) {
      done += 1;
      const socket = await connected(dial(tunnel, origin.port));
      socket.write('ping');
      await readExactly(socket, 4);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  await until(() => origin.sockets.size === 0);
});
