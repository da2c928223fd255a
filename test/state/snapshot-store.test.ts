import { expect, test } from 'vitest';
import type { LiveRoute } from '../../src/state/snapshot.js';
import { createSnapshotStore, type LiveChange } from '../../src/state/snapshot-store.js';
import { liveMonitor, livePool, liveRoute } from '../support/live-objects.js';

test('a delta changes what it names and leaves the rest', () => {
  const store = createSnapshotStore();
  store.apply({
    revision: 1,
    complete: false,
    upsert: { monitor: [liveMonitor()], route: [liveRoute()] },
    remove: {},
  });
  store.apply({
    revision: 2,
    complete: false,
    upsert: { pool: [livePool()] },
    remove: { route: [liveRoute().id] },
  });
  const { snapshot } = store;
  expect([snapshot.revision, snapshot.monitors.size, snapshot.pools.size, snapshot.routes.size]).toEqual([
    2, 1, 1, 0,
  ]);
});

test('a complete delta takes away what it does not name', () => {
  const store = createSnapshotStore();
  const kept: LiveRoute = liveRoute({ id: 'kept' });
  store.apply({
    revision: 1,
    complete: false,
    upsert: { route: [liveRoute(), kept], pool: [livePool()] },
    remove: {},
  });
  store.apply({ revision: 9, complete: true, upsert: { route: [kept] }, remove: {} });
  expect([[...store.snapshot.routes.keys()], store.snapshot.pools.size]).toEqual([['kept'], 0]);
});

test('a complete delta may go back to an earlier revision, as a database does that was restored', () => {
  const store = createSnapshotStore();
  store.apply({ revision: 9, complete: true, upsert: { pool: [livePool()] }, remove: {} });
  store.apply({ revision: 4, complete: true, upsert: {}, remove: {} });
  expect([store.snapshot.revision, store.snapshot.pools.size]).toEqual([4, 0]);
});

test('listeners hear of each change once, with before and after, when all of the delta is in place', () => {
  const store = createSnapshotStore();
  const before = liveRoute();
  store.apply({ revision: 1, complete: false, upsert: { route: [before] }, remove: {} });
  const heard: LiveChange[] = [];
  store.onChange('indexes', (changes, snapshot) => {
    heard.push(...changes);
    expect(snapshot.pools.size).toBe(1);
  });
  const after = liveRoute({ network: '10.1.0.0/16' });
  store.apply({ revision: 2, complete: false, upsert: { route: [after], pool: [livePool()] }, remove: {} });
  expect(heard).toEqual([
    { noun: 'route', id: before.id, before, after },
    { noun: 'pool', id: livePool().id, before: undefined, after: livePool() },
  ]);
});

test('a change goes through the stages in their order, whoever came first', () => {
  const store = createSnapshotStore();
  const heard: string[] = [];
  for (const stage of ['series', 'listeners', 'checks', 'ways', 'tunnels', 'indexes'] as const)
    store.onChange(stage, () => heard.push(stage));
  store.onChange('checks', () => heard.push('checks too'));
  store.apply({ revision: 1, complete: false, upsert: { pool: [livePool()] }, remove: {} });
  expect(heard).toEqual(['indexes', 'tunnels', 'ways', 'checks', 'checks too', 'listeners', 'series']);
});

test('an unknown id in a removal changes nothing', () => {
  const store = createSnapshotStore();
  const heard: LiveChange[] = [];
  store.onChange('indexes', (changes) => heard.push(...changes));
  store.apply({ revision: 1, complete: false, upsert: {}, remove: { pool: ['nobody'] } });
  expect(heard).toEqual([]);
});

test("this data plane's own objects stand beside the configuration until it takes them away itself", () => {
  const store = createSnapshotStore();
  const heard: string[] = [];
  store.onChange('indexes', (changes) =>
    heard.push(...changes.map(({ id, after }) => `${after ? '+' : '-'}${id}`)),
  );
  const route = (id: string) => liveRoute({ id });
  store.stage({ revision: 2, complete: false, upsert: { route: [route('staged')] }, remove: {} });
  store.applyOwn({ upsert: { route: [route('own')] }, remove: {} });
  expect([...store.snapshot.routes.keys()]).toEqual(['own']);
  store.apply({ revision: 2, complete: false, upsert: {}, remove: {} });
  store.apply({ revision: 3, complete: true, upsert: { route: [route('named')] }, remove: {} });
  expect([...store.snapshot.routes.keys()].sort()).toEqual(['named', 'own']);
  store.applyOwn({ upsert: {}, remove: { route: ['own'] } });
  expect([[...store.snapshot.routes.keys()], store.snapshot.revision]).toEqual([['named'], 3]);
  expect(heard).toEqual(['+own', '+staged', '+named', '-staged', '-own']);
});
