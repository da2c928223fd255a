import type { IncomingMessage, RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { realTime } from '../../src/net/clock.js';
import type { OriginHealth } from '../../src/state/health-board.js';
import type { LiveMonitor, LiveOrigin } from '../../src/state/snapshot.js';
import { createSnapshotStore } from '../../src/state/snapshot-store.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { closedPort, httpOrigin, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool } from '../support/live-objects.js';
import { createLoopbackTunnels } from '../support/loopback-tunnels.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;

/** The verdict on one origin after its first check. */
function probe(monitor: Partial<LiveMonitor>, origin: Partial<LiveOrigin> = {}): Promise<OriginHealth> {
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor(monitor)], pool: [livePool({ origins: [liveOrigin(origin)] })] });
  return bench.verdict(POOL);
}

/** As `probe`, with a server that answers with `handler`; also tells what it was asked. */
async function probeServer(
  handler: RequestListener,
  monitor: Partial<LiveMonitor> = {},
  origin: Partial<LiveOrigin> = {},
) {
  const requests: IncomingMessage[] = [];
  const server = await httpOrigin((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  const health = await probe({ port: server.port, ...monitor }, origin);
  return { health, requests, port: server.port };
}

const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

const HEALTHY = { state: 'healthy', failureReason: 'No failures' };
const WRONG_CODE = { state: 'unhealthy', failureReason: 'Response code mismatch error' };

test('T01 an expected status is healthy, with its code and a round-trip time', async () => {
  const server = await httpOrigin(answer(200));
  const bench = startProber({ clock: realTime, real: realTime });
  bench.apply({ monitor: [liveMonitor({ port: server.port })], pool: [livePool()] });
  const health = await bench.verdict(POOL);
  expect(health).toMatchObject({ ...HEALTHY, responseCode: 200 });
  expect(health.rttMs).toBeGreaterThan(0);
});

test.each([
  ['2xx', 204, HEALTHY],
  ['200, 302', 302, HEALTHY],
  ['200', 302, WRONG_CODE],
  ['200', 500, WRONG_CODE],
  ['3XX', 204, WRONG_CODE],
])(
  'T02 T03 T04 with expected codes "%s" a %i gives the right verdict',
  async (expectedCodes, status, verdict) => {
    const { health } = await probeServer(answer(status, { location: '/ok' }), { expectedCodes });
    expect(health).toMatchObject({ ...verdict, responseCode: status });
  },
);

test('expected codes that nobody can read are an error of the monitor', async () => {
  const { health, requests } = await probeServer(answer(200), { expectedCodes: '20' });
  expect(health).toMatchObject({ state: 'unhealthy', failureReason: 'Monitor Config Error' });
  expect(requests).toHaveLength(0);
});

test.each([
  ['method', { method: 'GE T' }],
  ['path', { path: '/a b' }],
  ['header', { header: { 'X Y': ['1'] } }],
])('a %s that HTTP does not allow is an error of the monitor', async (_what, fields) => {
  const { health } = await probeServer(answer(200), fields);
  expect(health).toMatchObject({ state: 'unhealthy', failureReason: 'Monitor Config Error' });
});

test('T14 the method, the path with its query and the headers of the monitor are sent', async () => {
  const { requests } = await probeServer(answer(200), {
    method: 'HEAD',
    path: '/health?deep=1',
    header: { 'X-App': ['a', 'b'] },
  });
  expect(requests[0]).toMatchObject({ method: 'HEAD', url: '/health?deep=1' });
  expect(requests[0]?.headersDistinct['x-app']).toEqual(['a', 'b']);
});

test('T14 the user agent and the connection header are the prober’s own', async () => {
  const { requests } = await probeServer(answer(200), {
    header: { 'user-agent': ['x'], CONNECTION: ['keep-alive'] },
  });
  expect(requests[0]?.headersDistinct['user-agent']).toEqual([
    'Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; ' +
      '+https://www.cloudflare.com/traffic-manager/; pool-id: 17b5962d775c646f)',
  ]);
  expect(requests[0]?.headersDistinct.connection).toEqual(['close']);
});

test.each([
  ['the origin’s', { host: 'h1.example' }, { host: ['h2.example'] }, 'h1.example'],
  ['else the monitor’s', {}, { Host: ['h2.example'] }, 'h2.example'],
  ['else the address', {}, {}, '127.0.0.1'],
])('T13 the Host header is %s', async (_whose, origin, header, expected) => {
  const { requests } = await probeServer(answer(200), { header }, origin);
  expect(requests[0]?.headersDistinct.host).toEqual([expected]);
});

test('the port of the origin is not the port of the monitor', async () => {
  const origin = await httpOrigin(answer(200));
  const { health, requests } = await probeServer(answer(200), {}, { port: origin.port });
  expect(health).toMatchObject(HEALTHY);
  expect(requests).toHaveLength(1);
});

test('T06 the expected text is found in the body whatever its case', async () => {
  const { health } = await probeServer(answer(200, {}, 'I am alive.'), { expectedBody: 'ALIVE' });
  expect(health).toMatchObject(HEALTHY);
});

test('a body without the expected text is a mismatch that keeps its status', async () => {
  const { health } = await probeServer(answer(200, {}, 'dead'), { expectedBody: 'alive' });
  expect(health).toMatchObject({
    state: 'unhealthy',
    failureReason: 'Response body mismatch error',
    responseCode: 200,
  });
});

test.each([
  ['ends with byte 10,240', 10_240 - 5, HEALTHY],
  ['ends with byte 10,241', 10_241 - 5, { failureReason: 'Response body mismatch error' }],
])('the expected text counts in the first 10 KiB only: %s', async (_where, offset, verdict) => {
  const body = `${' '.repeat(offset)}alive${' '.repeat(100_000)}`;
  const { health } = await probeServer(answer(200, {}, body), { expectedBody: 'alive' });
  expect(health).toMatchObject(verdict);
});

test('an endless body is read no further than the window', async () => {
  const { health } = await probeServer(
    (_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    },
    { expectedBody: 'alive' },
  );
  expect(health).toMatchObject({ failureReason: 'Response body mismatch error' });
});

test('T05 a redirect is followed when the monitor says so, and the last answer counts', async () => {
  const { health, requests } = await probeServer(
    (request, response) =>
      request.url === '/ok' ? response.end() : response.writeHead(302, { location: '/ok' }).end(),
    { followRedirects: true, header: { Host: ['app.example'], 'X-App': ['a'] } },
  );
  expect(health).toMatchObject({ ...HEALTHY, responseCode: 200 });
  expect(requests.map(({ url }) => url)).toEqual(['/', '/ok']);
  expect(requests[1]?.headers).toMatchObject({ host: 'app.example', 'x-app': 'a' });
});

test('ten redirects are followed and the eleventh is a wrong status', async () => {
  const chain =
    (length: number): RequestListener =>
    (request, response) => {
      const step = Number(request.url?.slice(1));
      if (step === length) response.end();
      else response.writeHead(301, { location: `/${step + 1}` }).end();
    };
  const monitor = { followRedirects: true, path: '/0' };
  expect((await probeServer(chain(10), monitor)).health).toMatchObject(HEALTHY);
  const tooLong = await probeServer(chain(11), monitor);
  expect(tooLong.health).toMatchObject({ ...WRONG_CODE, responseCode: 301 });
  expect(tooLong.requests).toHaveLength(11);
});

test('a redirect to another host leaves a public origin without the headers of the monitor', async () => {
  const requests: IncomingMessage[] = [];
  const other = await httpOrigin((request, response) => {
    requests.push(request);
    response.end();
  });
  const { health } = await probeServer(answer(302, { location: `http://localhost:${other.port}/there` }), {
    followRedirects: true,
    header: { Authorization: ['Bearer secret'] },
  });
  expect(health).toMatchObject(HEALTHY);
  expect(requests[0]).toMatchObject({ url: '/there', headers: { host: `localhost:${other.port}` } });
  expect(requests[0]?.headers).not.toHaveProperty('authorization');
});

test('an answer that is not HTTP is an invalid response', async () => {
  const origin = await tcpOrigin((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  expect(await probe({ port: origin.port })).toMatchObject({ failureReason: 'HTTP Invalid Response' });
});

test('a head that does not end is an invalid response', async () => {
  const origin = await tcpOrigin((socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(140_000)}`));
  expect(await probe({ port: origin.port })).toMatchObject({ failureReason: 'HTTP Invalid Response' });
});

test('a connection that ends without an answer is an invalid response', async () => {
  const origin = await tcpOrigin((socket) => socket.once('data', () => socket.end()));
  expect(await probe({ port: origin.port })).toMatchObject({ failureReason: 'HTTP Invalid Response' });
});

test('an unasked switch of protocols is an invalid response', async () => {
  const origin = await tcpOrigin((socket) =>
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ),
  );
  expect(await probe({ port: origin.port })).toMatchObject({ failureReason: 'HTTP Invalid Response' });
});

test('a connection that is reset is called so', async () => {
  const origin = await tcpOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect(await probe({ port: origin.port })).toMatchObject({ failureReason: 'Connection Reset by Peer' });
});

test('a closed port is a failed TCP connection', async () => {
  expect(await probe({ port: await closedPort() })).toMatchObject({
    state: 'unhealthy',
    failureReason: 'TCP connection failed',
    responseCode: 0,
  });
});

test('T20 a host name that nobody knows is an unknown host, and it is asked for again at each probe', async () => {
  let lookups = 0;
  const lookup = () => {
    lookups += 1;
    return Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
  };
  const bench = startProber({ lookup });
  const origin = liveOrigin({ address: 'origin.example' });
  bench.apply({ monitor: [liveMonitor()], pool: [livePool({ origins: [origin] })] });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'DNS Unknown Host',
  });
  await until(() => bench.clock.pending > 0);
  bench.clock.advance(60_000);
  await until(() => lookups === 2);
});

test('an origin that does not accept in time is a TCP timeout, tried again as often as the monitor says', async () => {
  let lookups = 0;
  const lookup = () => {
    lookups += 1;
    return new Promise<never>(() => {});
  };
  const direct = () => createDirectDialer({ lookup });
  const store = createSnapshotStore();
  // A dialler for each attempt, so that they do not share the look-up that never ends.
  const offramps = createOffRamps({
    store,
    tunnels: createLoopbackTunnels(),
    direct: { dial: (destination, options) => direct().dial(destination, options), mayDial: () => true },
  });
  const bench = startProber({ store, offramps });
  const origin = liveOrigin({ address: 'origin.example' });
  const pool = livePool({ origins: [origin] });
  store.apply({
    revision: 1,
    complete: true,
    upsert: { monitor: [liveMonitor({ timeout: 1, retries: 1 })], pool: [pool] },
    remove: {},
  });
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await until(() => lookups === attempt);
    bench.clock.advance(1_000);
  }
  await until(() => bench.board.origin(POOL, origin.key)?.state === 'unhealthy');
  expect(bench.board.origin(POOL, origin.key)).toMatchObject({ failureReason: 'TCP Timeout' });
  expect(lookups).toBe(2);
});

test('T09 an origin that never answers is asked again after each timeout, and then it is down', async () => {
  const origin = await tcpOrigin();
  let connections = 0;
  origin.on('connection', () => {
    connections += 1;
  });
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ port: origin.port, timeout: 1, retries: 2 })], pool: [livePool()] });
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await until(() => connections === attempt);
    expect(bench.healthOf(POOL)?.state).toBe('unknown');
    bench.clock.advance(1_000);
  }
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'HTTP timeout occurred',
  });
  expect(connections).toBe(3);
});

test('a body that stalls before it can be judged is a timeout', async () => {
  let asked = false;
  const server = await httpOrigin((_request, response) => {
    response.write('half of');
    asked = true;
  });
  const bench = startProber();
  const monitor = liveMonitor({ port: server.port, timeout: 1, retries: 0, expectedBody: 'alive' });
  bench.apply({ monitor: [monitor], pool: [livePool()] });
  await until(() => asked);
  bench.clock.advance(1_000);
  expect(await bench.verdict(POOL)).toMatchObject({ failureReason: 'HTTP timeout occurred' });
});

test('headers of an answer may be as large, and as many, as those of traffic', async () => {
  const large = await probeServer(answer(200, { 'x-large': 'a'.repeat(126 * 1024) }));
  expect(large.health).toMatchObject({ ...HEALTHY, responseCode: 200 });
  const cookies = Array.from({ length: 3_000 }, (_, i) => `k${i}=v`);
  const many = await probeServer(
    (_request, response) => {
      response.writeHead(302, { 'set-cookie': cookies, location: '/next' }).end();
    },
    { expectedCodes: '302' },
  );
  expect(many.health).toMatchObject({ ...HEALTHY, responseCode: 302 });
  const larger = await probeServer(answer(200, { 'x-large': 'a'.repeat(132 * 1024) }));
  expect(larger.health).toMatchObject({ state: 'unhealthy', failureReason: 'HTTP Invalid Response' });
});

test.each([999, 600])(
  'the status %i, which traffic gets as a 502, is no healthy answer, whatever is expected',
  async (status) => {
    const server = await tcpOrigin((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 ${status} Denied\r\nContent-Length: 0\r\n\r\n`));
    });
    const health = await probe({ port: server.port, expectedCodes: `${status}` });
    expect(health).toMatchObject({
      state: 'unhealthy',
      failureReason: 'HTTP Invalid Response',
      responseCode: status,
    });
  },
);
