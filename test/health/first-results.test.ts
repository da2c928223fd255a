import { expect, test } from 'vitest';
import { tcpOrigin } from '../support/fake-origins.js';
import { liveMonitor, liveOrigin, livePool } from '../support/live-objects.js';
import { startProber } from '../support/prober-bench.js';

test('a change that starts no probe has no first results to wait for', async () => {
  const bench = startProber();
  bench.apply({ pool: [livePool({ monitorId: null })] });
  expect(bench.prober.settled(200)).toBeNull();
});

test('the first results are in when every new origin has been judged once', async () => {
  const origin = await tcpOrigin();
  const bench = startProber();
  bench.apply({ monitor: [liveMonitor({ type: 'tcp', port: origin.port })], pool: [livePool()] });
  await bench.prober.settled(200);
  expect(bench.healthOf(livePool().id)?.state).toBe('healthy');
  expect(bench.prober.settled(200)).toBeNull();
});

test('an origin that does not answer holds nobody up for longer than the limit', async () => {
  const bench = startProber({ lookup: () => new Promise(() => undefined) });
  const pool = livePool({ origins: [liveOrigin({ address: 'silent.test', ip: null })] });
  bench.apply({ monitor: [liveMonitor({ type: 'tcp', port: 1 })], pool: [pool] });
  const first = bench.prober.settled(200);
  bench.clock.advance(200);
  await first;
  expect(bench.healthOf(pool.id)?.state).toBe('unknown');
});
