import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PoolEvent } from '../../../src/bridge/messages.js';

// The compiled modules: the embedded database starts a thread from its compiled file.
const compiled = (module: string) => import(path.resolve(import.meta.dirname, '../../../dist', module));
// biome-ignore lint/suspicious/noExplicitAny: compiled modules have no types here.
let db: any;
// biome-ignore lint/suspicious/noExplicitAny: compiled modules have no types here.
let store: any;
const accountId = 'e'.repeat(32);

beforeAll(async () => {
  const { openDatabase } = await compiled('storage/database.js');
  store = await compiled('resources/load-balancing/events/store.js');
  db = await openDatabase({ url: null, dataDir: null });
  await db.read.account.create({
    data: { id: accountId, name: 'Offramp', settings: {}, createdOn: new Date() },
  });
});
afterAll(() => db.close());

const event = (poolName: string): PoolEvent => ({
  accountId,
  poolId: 'a'.repeat(32),
  poolName,
  at: 1_800_000_000_000,
  healthy: true,
  changed: true,
  minimumOrigins: 1,
  origins: [],
  notifications: { pool: { disable: false, healthy: null }, origin: { disable: false, healthy: null } },
});

test('of more than ten thousand events the oldest are forgotten', async () => {
  await store.record(db.read, event('first'));
  await store.record(db.read, event('second'));
  // As if so many more had been written.
  await db.read.$queryRaw`select setval('health_event_id_seq', 10098)`;
  await store.record(db.read, event('third'));
  const names = async () =>
    (await store.list(db.read, accountId, {})).result.map(
      ({ pool }: { pool: { name: string } }) => pool.name,
    );
  expect(await names()).toEqual(['third', 'second', 'first']);
  await store.record(db.read, event('fourth'));
  expect(await names()).toEqual(['fourth', 'third']);
});

test("what still happens in an account that has just been deleted is nobody's event, and no failure", async () => {
  const before = (await store.list(db.read, accountId, {})).result_info.total_count;
  await store.record(db.read, { ...event('late'), accountId: 'f'.repeat(32) });
  expect((await store.list(db.read, accountId, {})).result_info.total_count).toBe(before);
  await expect(store.record(db.read, { ...event('bad'), at: Number.NaN })).rejects.toThrow();
});
