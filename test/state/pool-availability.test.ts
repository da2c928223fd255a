import { expect, test } from 'vitest';
import { createChooseOrigin } from '../../src/dns/origins.js';
import { RECORD_TYPE } from '../../src/dns/query.js';
import { createLocations, NOWHERE } from '../../src/net/locations.js';
import { explainPool } from '../../src/proxy/explain.js';
import { shownHealth } from '../../src/resources/load-balancing/pools/answer.js';
import { livePool as livePoolOf, type Pool } from '../../src/resources/load-balancing/pools/definition.js';
import { createHealthTable } from '../../src/state/health-board.js';
import { createLoadBoard } from '../../src/state/load-board.js';
import { NO_SESSIONS } from '../../src/steering/contract.js';
import { createSteering } from '../../src/steering/decide.js';
import { contextOf } from '../steering/rig.js';
import { tcpOrigin } from '../support/fake-origins.js';
import { liveLoadBalancer, liveMonitor } from '../support/live-objects.js';
import { startProber, until } from '../support/prober-bench.js';

/** `+` listens and `-` does not; `o` listens and is disabled, `w` listens and weighs nothing. */
type Origins = string;

interface Awkward {
  readonly enabled?: boolean;
  readonly monitor: 'none' | 'checks' | 'has no result';
  readonly origins: Origins;
  readonly minimum: number;
}

const POOL = '17b5962d775c646f3f9725cbc7a53df4';
const MONITORS = { none: null, checks: 'monitor-1', 'has no result': 'not-there-yet' };

/** The row of the pool, as far as health and traffic look at it; nobody listens at the port of the monitor on 127.0.0.2. */
function poolRow({ enabled = true, monitor, origins, minimum }: Awkward): Pool {
  const values = {
    name: 'awkward',
    enabled,
    minimum_origins: minimum,
    monitor: MONITORS[monitor],
    monitor_group: null,
    origin_steering: null,
    check_regions: null,
    health_sources: null,
    latitude: null,
    longitude: null,
    load_shedding: null,
    notification_filter: null,
    origins: [...origins].map((kind, index) => ({
      name: `origin-${index}`,
      address: kind === '-' ? '127.0.0.2' : '127.0.0.1',
      port: index + 1,
      enabled: kind !== 'o',
      weight: kind === 'w' ? 0 : 1,
      virtual_network_id: null,
      flatten_cname: true,
      header: undefined,
    })),
  };
  return { id: POOL, accountId: 'account-1', values, originsDisabledAt: [] } as unknown as Pool;
}

/** Whether the pool has enough healthy origins, and whether it gets traffic, by everybody who says so. */
async function answersAbout(awkward: Awkward) {
  const { port } = await tcpOrigin((socket) => socket.destroy());
  const bench = startProber();
  const row = poolRow(awkward);
  const pool = livePoolOf(row);
  const monitor = liveMonitor({ type: 'tcp', port });
  bench.apply({ monitor: [monitor], pool: [pool] });
  await bench.prober.settled(60_000);
  const { snapshot } = bench.store;

  const table = createHealthTable();
  table.apply(
    pool.origins.map(({ key }) => ({
      poolId: POOL,
      originKey: key,
      health: bench.board.origin(POOL, key) ?? null,
    })),
  );

  bench.prober.previews.start({ previewId: 'p', accountId: 'account-1', monitor, poolIds: [POOL] });
  const preview = await until(() => bench.prober.previews.report('account-1', 'p')?.pools[0]);

  const balancer = liveLoadBalancer({ name: 'x.example.com', defaultPools: [POOL], fallbackPool: 'none' });
  const parts = { pools: snapshot.pools, health: bench.board };
  const context = contextOf();
  const steering = createSteering({ ...parts, load: createLoadBoard(), sessions: NO_SESSIONS });
  const { trace } = steering.decide(balancer, context);
  const explained = explainPool(POOL, { snapshot, health: bench.board, steering }, context, [], {
    ofPool: () => 0,
    ofOrigin: () => 0,
  });
  const choose = createChooseOrigin({
    ...parts,
    home: NOWHERE,
    locations: createLocations([]),
    clock: bench.clock,
    random: context.random,
  });
  const query = {
    ...{ id: 1, recursionDesired: false, question: Buffer.alloc(0), name: 'x.example.com' },
    ...{ type: RECORD_TYPE.A, unicast: false, edns: null },
  };
  const asked = choose(balancer, { resolverIp: '192.0.2.1', query }).decision;

  return {
    healthy: {
      answer: shownHealth(row, table).healthy,
      // Null while there was no result, and without a monitor.
      report: bench.prober.poolHealth(POOL).healthy,
      preview: preview.healthy,
    },
    refused: {
      steering: trace.skipped[0]?.reason ?? null,
      dns: asked.trace.skipped[0]?.reason ?? null,
      explain: explained.state === 'available' ? null : explained.state,
    },
  };
}

/**
 * Cloudflare's description of `minimum_origins`: the number of origins that must be healthy for the pool to serve traffic; with
 * fewer it is unhealthy, and the next available pool is taken. Origins that nobody checks count as healthy.
 */
test.each<[string, Awkward, boolean, string | null]>([
  ['nobody checks, enough', { monitor: 'none', origins: '++', minimum: 2 }, true, null],
  ['nobody checks, too few', { monitor: 'none', origins: '+', minimum: 2 }, false, 'unhealthy'],
  [
    'nobody checks, too few of them enabled',
    { monitor: 'none', origins: '+o', minimum: 2 },
    false,
    'unhealthy',
  ],
  ['nobody checks, all disabled', { monitor: 'none', origins: 'oo', minimum: 1 }, false, 'unhealthy'],
  ['nobody checks, weight 0 counts', { monitor: 'none', origins: '+w', minimum: 2 }, true, null],
  ['checked, enough are up', { monitor: 'checks', origins: '++-', minimum: 2 }, true, null],
  ['checked, too few are up', { monitor: 'checks', origins: '+--', minimum: 2 }, false, 'unhealthy'],
  [
    'checked, a disabled one does not count',
    { monitor: 'checks', origins: '+o', minimum: 2 },
    false,
    'unhealthy',
  ],
  ['checked, all disabled', { monitor: 'checks', origins: 'oo', minimum: 1 }, false, 'unhealthy'],
  ['checked, weight 0 counts', { monitor: 'checks', origins: '+w', minimum: 2 }, true, null],
  [
    'checked, healthy without weight',
    { monitor: 'checks', origins: 'ww', minimum: 2 },
    true,
    'no_eligible_origin',
  ],
  ['no health known yet', { monitor: 'has no result', origins: '--', minimum: 1 }, false, 'unhealthy'],
])(
  'steering, DNS, explain, answers, reports and previews agree on a pool: %s',
  async (_what, awkward, healthy, reason) => {
    const answers = await answersAbout(awkward);
    expect(answers.refused).toEqual({ steering: reason, dns: reason, explain: reason });
    const { answer, report, preview } = answers.healthy;
    expect({ answer, preview }).toEqual({ answer: healthy, preview: healthy });
    expect([healthy, null]).toContain(report);
    if (awkward.monitor === 'checks' && awkward.origins !== 'oo') expect(report).toBe(healthy);
  },
);

test('a disabled pool gets no traffic, however healthy it is', async () => {
  const { healthy, refused } = await answersAbout({
    enabled: false,
    monitor: 'none',
    origins: '+',
    minimum: 1,
  });
  expect(refused).toEqual({ steering: 'disabled', dns: 'disabled', explain: 'disabled' });
  // `enabled` stands beside it in every answer.
  expect(healthy).toEqual({ answer: true, report: null, preview: true });
});
