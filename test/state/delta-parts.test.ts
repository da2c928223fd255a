import { expect, test } from 'vitest';
import type { SnapshotDelta } from '../../src/state/snapshot.js';
import { createDeltaSender, createSnapshotStore, partsOf } from '../../src/state/snapshot-store.js';
import { liveMonitor, liveOrigin, livePool, liveRoute } from '../support/live-objects.js';

const small: SnapshotDelta = {
  revision: 7,
  complete: false,
  upsert: { monitor: [liveMonitor()], pool: [livePool()] },
  remove: { route: ['route-1'] },
};

const big: SnapshotDelta = {
  revision: 8,
  complete: true,
  upsert: {
    monitor: [liveMonitor()],
    route: Array.from({ length: 700 }, (_, at) => liveRoute({ id: `route-${at}` })),
    pool: Array.from({ length: 300 }, (_, at) =>
      livePool({ id: `pool-${at}`, origins: Array.from({ length: 10 }, () => liveOrigin()) }),
    ),
  },
  remove: { tunnel: ['tunnel-1'] },
};

const originsIn = (part: SnapshotDelta) =>
  (part.upsert.pool ?? []).reduce((sum, { origins }) => sum + origins.length, 0);
const objectsIn = (part: SnapshotDelta) => Object.values(part.upsert).flat().length;

test('a small delta is its only part', () => {
  expect(partsOf(small)).toEqual([small]);
});

test('a big delta comes in parts of bounded size, and counts as a whole with the last', () => {
  const parts = partsOf(big);
  expect(parts.length).toBeGreaterThan(5);
  for (const part of parts) expect(originsIn(part) + objectsIn(part)).toBeLessThanOrEqual(200);
  expect(parts.slice(0, -1).every(({ remove }) => Object.keys(remove).length === 0)).toBe(true);
  const store = createSnapshotStore();
  store.apply({
    ...small,
    upsert: { pool: [livePool({ id: 'gone' }), livePool({ id: 'pool-1', name: 'old' })] },
  });
  const seen: number[] = [];
  store.onChange('indexes', (changes) => seen.push(changes.length));
  for (const part of parts.slice(0, -1)) store.stage(part);
  expect([...store.snapshot.pools.keys()]).toEqual(['gone', 'pool-1']);
  expect(store.snapshot.pools.get('pool-1')?.name).toBe('old');
  store.apply(parts.at(-1)!);
  // The pool that is gone, and everything that came.
  expect(seen).toEqual([objectsIn(big) + 1]);
  expect(store.snapshot.pools.get('pool-1')).toBe(big.upsert.pool![1]);
  expect([store.snapshot.pools.size, store.snapshot.routes.size]).toEqual([300, 700]);
});

test('one object that is bigger than a part goes by itself', () => {
  const giant = livePool({ origins: Array.from({ length: 2_000 }, () => liveOrigin()) });
  const delta = { ...small, upsert: { monitor: [liveMonitor()], pool: [giant, livePool()] } };
  expect(partsOf(delta).map(originsIn)).toEqual([0, 2_000, 1]);
});

test('each part waits until the one before is put aside, and later deltas wait for the last', () => {
  const sent: string[] = [];
  const sender = createDeltaSender((type, part) => sent.push(`${type} ${part.revision}`));
  sender.send(small);
  expect(sent).toEqual(['configure 7']);
  sender.send(big);
  sender.send({ ...small, revision: 9 });
  expect(sent).toEqual(['configure 7', 'stage 8']);
  const parts = partsOf(big).length;
  for (let staged = 1; staged < parts - 1; staged += 1) {
    sender.staged();
    expect(sent).toHaveLength(staged + 2);
    expect(sent.at(-1)).toBe('stage 8');
  }
  sender.staged();
  expect(sent.slice(-2)).toEqual(['configure 8', 'configure 9']);
});
