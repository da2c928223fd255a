import { expect, test } from 'vitest';
import { closedPort, tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

const POOL = livePool().id;

test('T15 a tcp monitor finds an open port healthy and sends nothing', async () => {
  const received: Buffer[] = [];
  let ended = false;
  const origin = await tcpOrigin((socket) => {
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('close', () => {
      ended = true;
    });
  });
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ type: 'tcp', port: origin.port })], pool: [livePool()] });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'healthy',
    failureReason: 'No failures',
    responseCode: 0,
    rttMs: expect.any(Number),
    checkedAt: bench.clock.now(),
  });
  await until(() => ended);
  expect(received).toEqual([]);
});

test('T08 a closed port is a failed TCP connection, found with one attempt', async () => {
  const bench = startProber();
  const port = await closedPort();
  bench.tunnels.connect('tunnel-1');
  const origin = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });
  bench.apply({
    monitor: [liveMonitor({ type: 'tcp', port })],
    route: [{ id: 'route-1', virtualNetworkId: 'vnet-1', network: '10.0.0.0/8', tunnelId: 'tunnel-1' }],
    pool: [livePool({ origins: [origin] })],
  });
  expect(await bench.verdict(POOL)).toMatchObject({
    state: 'unhealthy',
    failureReason: 'TCP connection failed',
  });
  expect(bench.tunnels.dialled).toEqual([{ tunnelId: 'tunnel-1', host: '10.0.0.1', port }]);
});
