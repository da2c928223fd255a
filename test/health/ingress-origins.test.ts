import type { IncomingMessage, RequestListener } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import type { LiveMonitor, LiveOrigin } from '../../src/state/snapshot.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { fromOrigin, ingressTo } from '../edge/fake-ingress.js';
import { cleanUp, startEdge } from '../edge/fixture.js';
import { INGRESS_CONNECTORS } from '../edge/ingress-connectors.js';
import { connectRaw } from '../edge/raw-connector.js';
import { closedPort, httpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

afterEach(cleanUp);

const POOL = livePool().id;

/** A prober and an edge with one tunnel; `check` makes that tunnel's hostname the origin of the one pool. */
async function start() {
  const edge = await startEdge();
  const tunnel = edge.addTunnel({ accountId: 'account-1' });
  const offramps = createOffRamps({ store: edge.store, tunnels: edge.edge, direct: createDirectDialer() });
  const bench = startProber({ offramps, tunnels: edge.edge });
  const address = `${tunnel.id}.cfargotunnel.com`;
  const check = (monitor: Partial<LiveMonitor> = {}, origin: Partial<LiveOrigin> = {}) =>
    bench.apply({
      monitor: [liveMonitor({ retries: 0, ...monitor })],
      pool: [livePool({ origins: [liveOrigin({ address, ...origin })] })],
    });
  return { edge, tunnel, bench, address, check };
}

async function origin(answer: RequestListener = (_request, response) => response.end('All is well')) {
  const seen: IncomingMessage[] = [];
  const { port } = await httpOrigin((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  return { port, seen };
}

describe.each(INGRESS_CONNECTORS)('behind the ingress rules of %s', (_, connect) => {
  test('an origin is probed with the Host of its own, whatever the port of the monitor', async () => {
    const { port, seen } = await origin();
    const { edge, tunnel, bench, check } = await start();
    await connect(edge, tunnel, port);
    check(
      {
        port: 9,
        path: '/health?a=b',
        expectedBody: 'is well',
        header: { Host: ['of-monitor.example.com'], 'X-Own': ['1', '2'] },
      },
      { host: 'App.Example.com.', port: 9 },
    );
    expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy', responseCode: 200 });
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/health?a=b' });
    expect(seen[0]!.headers).toMatchObject({
      host: 'app.example.com',
      'x-own': '1, 2',
      'user-agent': expect.stringMatching(/^Mozilla\/5\.0 \(compatible; Cloudflare-Traffic-Manager\/1\.0;/),
    });
  });

  test('without a Host of its own the monitor’s counts, and then its address', async () => {
    const { port, seen } = await origin();
    const { edge, tunnel, bench, address, check } = await start();
    await connect(edge, tunnel, port);
    check({ type: 'https', header: { Host: ['of-monitor.example.com'] } });
    await bench.verdict(POOL);
    check({ type: 'https' });
    await until(() => seen.length === 2);
    expect(seen.map(({ headers }) => headers.host)).toEqual(['of-monitor.example.com', address]);
  });

  test.each<[string, Partial<LiveMonitor>, string]>([
    ['/503', {}, 'Response code mismatch error'],
    ['/200', { expectedBody: 'something else' }, 'Response body mismatch error'],
    ['/loop', { followRedirects: true }, 'Response code mismatch error'],
    ['/200', { expectedCodes: 'x' }, 'Monitor Config Error'],
  ])('%s with %j is down: %s', async (path, monitor, failureReason) => {
    const { port } = await origin((request, response) => {
      const status = Number(request.url!.slice(1)) || 302;
      response.writeHead(status, { Location: request.url! }).end('body');
    });
    const { edge, tunnel, bench, check } = await start();
    await connect(edge, tunnel, port);
    check({ path, ...monitor });
    expect(await bench.verdict(POOL)).toMatchObject({ state: 'unhealthy', failureReason });
  });

  test('a redirect to the same host is followed through ingress', async () => {
    const { port, seen } = await origin((request, response) => {
      const location = 'https://app.example.com/there';
      response.writeHead(request.url === '/there' ? 200 : 301, { Location: location }).end();
    });
    const { edge, tunnel, bench, check } = await start();
    await connect(edge, tunnel, port);
    check({ followRedirects: true }, { host: 'app.example.com' });
    expect(await bench.verdict(POOL)).toMatchObject({ state: 'healthy', responseCode: 200 });
    expect(seen.map(({ url }) => url)).toEqual(['/', '/there']);
  });

  test('a redirect to another host is not followed: it would be looked for on this machine', async () => {
    const elsewhere = await origin();
    const location = `http://127.0.0.1:${elsewhere.port}/`;
    const { port } = await origin((_request, response) =>
      response.writeHead(301, { Location: location }).end(),
    );
    const { edge, tunnel, bench, check } = await start();
    await connect(edge, tunnel, port);
    check({ followRedirects: true }, { host: 'app.example.com' });
    expect(await bench.verdict(POOL)).toMatchObject({
      state: 'unhealthy',
      failureReason: 'Response code mismatch error',
    });
    expect(elsewhere.seen).toEqual([]);
  });

  test('a service that is not there is down, and up again when it is', async () => {
    const { edge, tunnel, bench, check } = await start();
    await connect(edge, tunnel, await closedPort());
    check();
    expect(await bench.verdict(POOL)).toMatchObject({
      state: 'unhealthy',
      failureReason: 'TCP connection failed',
      responseCode: 0,
    });
  });

  test('the text is looked for in the first 10 KiB alone', async () => {
    const { port } = await origin((_request, response) => response.end(`${' '.repeat(10 * 1024)}late`));
    const { edge, tunnel, bench, check } = await start();
    await connect(edge, tunnel, port);
    check({ expectedBody: 'late' });
    expect((await bench.verdict(POOL)).failureReason).toBe('Response body mismatch error');
  });
});

test('it goes down at once when its tunnel loses the last connection, and is probed at once when it gets one', async () => {
  const { port } = await origin();
  const { edge, tunnel, bench, check } = await start();
  check({ interval: 3_600 });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'Network Unreachable',
  });
  const first = await connectRaw(edge, tunnel, ingressTo(port), { connIndex: 0 });
  const second = await connectRaw(edge, tunnel, ingressTo(port), { connIndex: 1 });
  await until(() => bench.healthOf(POOL)?.state === 'healthy');
  first.session.destroy();
  await until(() => edge.edge.connections(tunnel.id).length === 1);
  expect(bench.healthOf(POOL)?.state).toBe('healthy');
  second.session.destroy();
  await until(() => bench.healthOf(POOL)?.state === 'unhealthy');
  expect(bench.healthOf(POOL)?.failureReason).toBe('Network Unreachable');
});

test('it goes down at once when its tunnel is deleted', async () => {
  const { port } = await origin();
  const { edge, tunnel, bench, check } = await start();
  await connectRaw(edge, tunnel, ingressTo(port));
  check({ interval: 3_600 });
  expect((await bench.verdict(POOL)).state).toBe('healthy');
  edge.removeTunnel(tunnel.id);
  await until(() => bench.healthOf(POOL)?.state === 'unhealthy');
});

test.each(['tcp', 'udp_icmp', 'icmp_ping', 'smtp'] as const)(
  'a %s monitor can never find it healthy, and says that the monitor is wrong',
  async (type) => {
    const { edge, tunnel, bench, check } = await start();
    const asked: unknown[] = [];
    await connectRaw(edge, tunnel, (_stream, headers) => asked.push(headers));
    check({ type, port: 25 });
    expect(await bench.verdict(POOL)).toMatchObject({
      state: 'unhealthy',
      failureReason: 'Monitor Config Error',
    });
    expect(asked).toEqual([]);
  },
);

test.each(['GET', 'HEAD', 'POST'])(
  'the head of a check with %s ends the stream: it has no body',
  async (method) => {
    const { edge, tunnel, bench, check } = await start();
    const ended: boolean[] = [];
    const connector = await connectRaw(edge, tunnel, (stream) =>
      stream.respond(fromOrigin(200), { endStream: true }),
    );
    connector.session.on('stream', (_stream, _headers, flags: number) => ended.push((flags & 1) === 1));
    check({ method });
    expect((await bench.verdict(POOL)).state).toBe('healthy');
    expect(ended).toEqual([true]);
  },
);

test('a timeout cancels the stream', async () => {
  const { edge, tunnel, bench, check } = await start();
  const streams: ServerHttp2Stream[] = [];
  await connectRaw(edge, tunnel, (stream) => void streams.push(stream));
  check({ timeout: 2 });
  await until(() => streams.length === 1);
  await bench.clock.advance(2_500);
  expect((await bench.verdict(POOL)).failureReason).toBe('HTTP timeout occurred');
  await until(() => streams[0]!.closed);
  expect(streams[0]!.rstCode).toBe(8);
});

test('a probe survives the loss of connections as long as there is another one', async () => {
  const { port } = await origin();
  const { edge, tunnel, bench, check } = await start();
  for (const connIndex of [0, 1, 2]) {
    const dying = await connectRaw(edge, tunnel, () => dying.session.destroy(), { connIndex });
  }
  await connectRaw(edge, tunnel, ingressTo(port), { connIndex: 3 });
  check();
  expect((await bench.verdict(POOL)).state).toBe('healthy');
});

test('an answer that cannot be read is no answer', async () => {
  const { edge, tunnel, bench, check } = await start();
  await connectRaw(edge, tunnel, (stream) =>
    stream.respond({ ...fromOrigin(200), 'cf-cloudflared-response-headers': '!' }, { endStream: true }),
  );
  check();
  expect((await bench.verdict(POOL)).failureReason).toBe('HTTP Invalid Response');
});

test('no field of a monitor can make the connector take the probe for something else', async () => {
  const { edge, tunnel, bench, check } = await start();
  const seen: string[] = [];
  await connectRaw(edge, tunnel, (stream, headers) => {
    seen.push(...Object.keys(headers));
    stream.respond(fromOrigin(200), { endStream: true });
  });
  check({
    header: {
      'Cf-Cloudflared-Proxy-Src': ['10.0.0.1'],
      'cf-cloudflared-proxy-connection-upgrade': ['update-configuration'],
      Connection: ['upgrade'],
      Upgrade: ['websocket'],
      'X-Kept': ['1'],
    },
  });
  expect((await bench.verdict(POOL)).state).toBe('healthy');
  expect(seen.filter((name) => !name.startsWith(':')).sort()).toEqual([
    'accept-encoding',
    'user-agent',
    'x-kept',
  ]);
});
