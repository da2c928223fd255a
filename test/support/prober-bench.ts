import { pino } from 'pino';
import { onTestFinished, vi } from 'vitest';
import { createProber, type ProberOptions } from '../../src/health/prober.js';
import { createHealthBoard, type HealthTransition, type OriginHealth } from '../../src/state/health-board.js';
import type { SnapshotDelta } from '../../src/state/snapshot.js';
import { createSnapshotStore } from '../../src/state/snapshot-store.js';
import { createDirectDialer, type Lookup } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { createFakeClock } from './fake-clock.js';
import { createLoopbackTunnels } from './loopback-tunnels.js';

/** A prober with everything around it, on a clock that the test moves; sockets and dial timeouts are real. */
export function startProber({ lookup, ...options }: Partial<ProberOptions> & { lookup?: Lookup } = {}) {
  const clock = createFakeClock();
  const store = createSnapshotStore();
  const board = createHealthBoard();
  const tunnels = createLoopbackTunnels();
  const offramps = createOffRamps({ store, tunnels, direct: createDirectDialer(lookup ? { lookup } : {}) });
  const log = pino({ enabled: false });
  const prober = createProber({ store, board, offramps, tunnels, clock, real: clock, log, ...options });
  const transitions: HealthTransition[] = [];
  prober.onTransition((transition) => transitions.push(transition));
  onTestFinished(() => prober.stop());
  let revision = 0;
  const originOf = (poolId: string, at: number) => store.snapshot.pools.get(poolId)?.origins[at];
  const healthOf = (poolId: string, at = 0): OriginHealth | undefined =>
    board.origin(poolId, originOf(poolId, at)?.key ?? '');

  return {
    clock,
    store,
    board,
    tunnels,
    prober,
    transitions,
    healthOf,
    apply(upsert: SnapshotDelta['upsert'], remove: SnapshotDelta['remove'] = {}): void {
      revision += 1;
      store.apply({ revision, complete: false, upsert, remove });
    },
    /** The health of an origin once it has left `unknown`. */
    verdict: (poolId: string, at = 0): Promise<OriginHealth> =>
      until(() => {
        const health = healthOf(poolId, at);
        return health && health.state !== 'unknown' ? health : undefined;
      }),
  };
}

/** The first defined value that `look` returns; for what has no event to wait for. */
export function until<T>(look: () => T | undefined | false): Promise<T> {
  return vi.waitUntil(() => look() as T | undefined, { timeout: 100_000, interval: 5 }) as Promise<T>;
}
