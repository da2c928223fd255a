import { expect, test } from 'vitest';
import { closedPort, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;
const HEALTHY = { state: 'healthy', failureReason: 'No failures', responseCode: 0 };
const WRONG = { state: 'unhealthy', failureReason: 'Response code mismatch error' };

/** A mail server that greets and then gives the next reply to each line it reads. */
async function mailServer(greeting: string, ...replies: string[]) {
  const lines: string[] = [];
  const server = await tcpOrigin((socket) => {
    socket.write(greeting);
    socket.on('data', (chunk) => {
      lines.push(...chunk.toString().split('\r\n').filter(Boolean));
      const reply = replies.shift();
      if (reply === undefined) socket.end();
      else socket.write(reply);
    });
  });
  return { port: server.port, lines };
}

function probe(port: number, fields: Parameters<typeof liveMonitor>[0] = {}) {
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ type: 'smtp', port, ...fields })], pool: [livePool()] });
  return bench;
}

test('T17 a mail server that greets, takes HELO and takes QUIT is healthy', async () => {
  const server = await mailServer('220 mail.example.com ESMTP\r\n', '250 hello\r\n', '221 bye\r\n');
  expect(await probe(server.port).verdict(POOL)).toMatchObject({ ...HEALTHY, rttMs: expect.any(Number) });
  expect(server.lines).toEqual(['HELO [127.0.0.1]', 'QUIT']);
});

test('replies of several lines, and in several pieces, count by their last line', async () => {
  const server = await mailServer('220-welcome\r\n220-to\r\n220 mail\r\n', '250-a\r\n250', '221 bye\r\n');
  const rest = tcpOrigin((socket) => {
    socket.write('22');
    setImmediate(() => socket.write('0-one\r\n220 two\r\n'));
    socket.on('data', (chunk) => socket.write(String(chunk).startsWith('HELO') ? '250\r\n' : '221 bye\r\n'));
  });
  expect(await probe((await rest).port).verdict(POOL)).toMatchObject(HEALTHY);
  // This one never ends its second reply, so it is down when the time is up.
  const bench = probe(server.port, { retries: 0 });
  await until(() => server.lines.length === 1);
  bench.clock.advance(5_000);
  expect(await bench.verdict(POOL)).toMatchObject({ state: 'unhealthy', failureReason: 'TCP Timeout' });
});

test.each([
  ['a greeting that sends clients away', ['554 go away\r\n']],
  ['a refused HELO', ['220 hi\r\n', '550 who are you\r\n']],
  ['a refused QUIT', ['220 hi\r\n', '250 hello\r\n', '500 stay\r\n']],
  ['an answer of another protocol', ['HTTP/1.1 400 Bad Request\r\n']],
])('T17 %s is the wrong code', async (_what, [greeting, ...replies]) => {
  const server = await mailServer(greeting!, ...replies);
  expect(await probe(server.port).verdict(POOL)).toMatchObject(WRONG);
});

test('a server that hangs up, or talks without end, is unhealthy', async () => {
  const silent = await tcpOrigin((socket) => socket.end());
  expect(await probe(silent.port).verdict(POOL)).toMatchObject({
    failureReason: 'Connection Reset by Peer',
  });
  const endless = await tcpOrigin((socket) => socket.write('220-again\r\n'.repeat(10_000)));
  expect(await probe(endless.port).verdict(POOL)).toMatchObject({ failureReason: 'Other Failure' });
  expect(await probe(await closedPort()).verdict(POOL)).toMatchObject({
    failureReason: 'TCP connection failed',
  });
});

test.each(['smtp', 'icmp_ping', 'udp_icmp'] as const)(
  'T19 a private origin cannot have a monitor of type %s',
  async (type) => {
    const bench = startProber();
    bench.tunnels.connect('tunnel-1');
    const origin = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });
    bench.apply({
      route: [liveRoute()],
      monitor: [liveMonitor({ type, port: 25 })],
      pool: [livePool({ origins: [origin] })],
    });
    expect(await bench.verdict(POOL)).toMatchObject({
      state: 'unhealthy',
      failureReason: 'Monitor Config Error',
    });
    expect(bench.tunnels.dialled).toEqual([]);
  },
);
