import { expect, test } from 'vitest';
import { createHealthBoard, type HealthState, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import { isPoolHealthy } from '../../src/state/pool-health.js';
import type { LivePool } from '../../src/state/snapshot.js';
import { liveOrigin, livePool } from '../support/live-objects.js';

/** A pool whose origins have these states; `undefined` is one that the board does not know. */
function poolOf(states: (HealthState | 'disabled' | undefined)[], fields: Partial<LivePool> = {}) {
  const board = createHealthBoard();
  const origins = states.map((state, at) =>
    liveOrigin({ address: `192.0.2.${at}`, enabled: state !== 'disabled', weight: 0 }),
  );
  const pool = livePool({ origins, ...fields });
  for (const [at, state] of states.entries()) {
    if (state && state !== 'disabled') board.set(pool.id, origins[at]!.key, { ...UNKNOWN_HEALTH, state });
  }
  return isPoolHealthy(pool, board);
}

test.each<[string, (HealthState | 'disabled' | undefined)[], number, boolean]>([
  ['enough healthy origins', ['healthy', 'healthy', 'unhealthy'], 2, true],
  ['too few healthy origins', ['healthy', 'unhealthy', 'unhealthy'], 2, false],
  ['unknown origins', ['unknown', undefined], 1, false],
  ['disabled origins', ['healthy', 'disabled'], 2, false],
  ['no origins', [], 1, false],
])('a pool with %s: %s of which %i are asked for', (_what, states, minimumOrigins, expected) => {
  expect(poolOf(states, { minimumOrigins })).toBe(expected);
});

test('without a monitor only the number of enabled origins counts', () => {
  expect(poolOf([undefined, 'disabled'], { monitorId: null, minimumOrigins: 1 })).toBe(true);
  expect(poolOf([undefined, 'disabled'], { monitorId: null, minimumOrigins: 2 })).toBe(false);
});

test.each<[string, Partial<LivePool>, string, boolean]>([
  ['of a region that finds it down', { healthSources: 'regional' }, 'WEU', false],
  ['of a region that finds it up', { healthSources: 'regional' }, 'WNAM', true],
  ['of a region that has no verdict yet: that of all', { healthSources: 'regional' }, 'OC', true],
  ['of a region that does not check it: that of all', { healthSources: 'regional' }, 'SAF', true],
  ['of no region: that of all', { healthSources: 'regional' }, '', true],
  ['of a region, where the pool steers by that of all', { healthSources: 'local' }, 'WEU', true],
])('the verdict %s', (_what, fields, region, expected) => {
  const board = createHealthBoard();
  const pool = livePool({ checkRegions: ['WEU', 'WNAM', 'OC'], ...fields });
  const regions = new Map<string, HealthState>([
    ['WEU', 'unhealthy'],
    ['WNAM', 'healthy'],
    ['OC', 'unknown'],
  ]);
  board.set(pool.id, pool.origins[0]!.key, { ...UNKNOWN_HEALTH, state: 'healthy', regions });
  expect(isPoolHealthy(pool, board, region)).toBe(expected);
});
