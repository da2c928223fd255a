import { expect, test } from 'vitest';
import { createHealthBoard, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import { isPoolHealthy } from '../../src/state/pool-health.js';
import type { Way } from '../../src/tunnel/egress/contract.js';
import { reachableFirst } from '../../src/tunnel/egress/select.js';
import { liveOrigin, livePool } from '../support/live-objects.js';

const inside = liveOrigin({ address: '10.0.0.1', virtualNetworkId: 'vnet-1' });
const pool = livePool({ origins: [inside] });
const direct = livePool({ id: 'direct' });

test('a healthy origin whose tunnel is on its way back counts as unknown until the tunnel is there', () => {
  const board = createHealthBoard();
  for (const { id, origins } of [pool, direct])
    board.set(id, origins[0]!.key, { ...UNKNOWN_HEALTH, state: 'healthy' });
  const awaiting = { size: 1, released: 0 };
  const select = ({ virtualNetworkId }: { virtualNetworkId: string | null }): Way => {
    if (virtualNetworkId === null) return { kind: 'direct' };
    if (awaiting.size === 0) return { kind: 'tunnel', tunnelId: 'tunnel-1', routeId: 'route-1' };
    return { kind: 'none', failure: 'no_connection', detail: '', awaitedTunnel: 'tunnel-1' };
  };
  const view = reachableFirst(
    board,
    new Map([pool, direct].map((one) => [one.id, one])),
    { select },
    awaiting,
  );
  const before = [view.version, view.versionOf(pool.id)];
  expect([isPoolHealthy(pool, view), isPoolHealthy(direct, view)]).toEqual([false, true]);
  expect(isPoolHealthy(pool, board)).toBe(true);
  awaiting.size = 0;
  awaiting.released = 1;
  expect(isPoolHealthy(pool, view)).toBe(true);
  // What was derived from it before is not used again.
  expect([view.version, view.versionOf(pool.id)]).toEqual(before.map((version) => version + 1));
});
