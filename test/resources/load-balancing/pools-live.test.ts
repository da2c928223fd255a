import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIdentifiers } from '../../../src/api/identifiers.js';
import { realTime } from '../../../src/net/clock.js';
import { systemRandom } from '../../../src/net/random.js';
import type { Settings } from '../../../src/resources/context.js';
import { DEFINITIONS, type WorkingTables, type WorkingWrite } from '../../../src/resources/definitions.js';
import { ensureFirst } from '../../../src/resources/first-account.js';
import { liveDelta } from '../../../src/resources/live.js';
import { balancerWrites } from '../../../src/resources/load-balancing/load-balancers/rules.js';
import { monitorWrites } from '../../../src/resources/load-balancing/monitors/rules.js';
import { originKey } from '../../../src/resources/load-balancing/pools/definition.js';
import { completeOrigin } from '../../../src/resources/load-balancing/pools/origin-fields.js';
import { poolWrites } from '../../../src/resources/load-balancing/pools/rules.js';
import type { SnapshotDelta } from '../../../src/state/snapshot.js';
import type { Database } from '../../../src/storage/database.js';
import { createTables } from '../../../src/storage/tables/tables.js';
import { createWriter } from '../../../src/storage/writer.js';
import { liveLoadBalancer, liveOrigin, livePool as livePoolOf } from '../../support/live-objects.js';

// The compiled modules: the embedded database starts a thread from its compiled file.
const compiled = (module: string) => import(path.resolve(import.meta.dirname, '../../../dist', module));
let db: Database;
let write: WorkingWrite;
let tables: WorkingTables;
let accountId: string;
let zoneId: string;
const settings = {
  minMonitorInterval: 10,
  originUniqueness: 'account',
  directNetworks: { named: [], dialled: [] },
  location: 'Local, XX',
} as unknown as Settings;
const monitors = monitorWrites(settings);
const pools = poolWrites(settings);
const balancers = balancerWrites('zone');
/** What the data plane has been told. */
const told: Omit<SnapshotDelta, 'revision'>[] = [];

beforeAll(async () => {
  const { openDatabase } = await compiled('storage/database.js');
  db = await openDatabase({ url: null, dataDir: null });
  tables = createTables(DEFINITIONS);
  tables.apply(await tables.load(db.read, null));
  write = createWriter({
    clock: realTime,
    ids: createIdentifiers(systemRandom),
    tables,
    commits: db,
    committed: async ({ changed }) => void told.push(liveDelta(changed, false)),
  });
  ({ accountId, zoneId } = await write((draft) =>
    ensureFirst(draft, { accountId: null, zoneId: null, domain: 'example.com' }),
  ));
  told.length = 0;
});
afterAll(() => db.close());

/** Everything as a start would read it from the database. */
const stored = async () => liveDelta(await createTables(DEFINITIONS).load(db.read, null), true);

test('the data plane sees every default filled in, and hears of each change and each deletion', async () => {
  const monitor = await write((draft) => monitors.create(draft, accountId, { expected_codes: '200' }));
  const origins = [{ name: 'a', address: '::ffff:1.1.1.1', header: { Host: ['app.example.com'] } }];
  const pool = await write((draft) =>
    pools.create(draft, accountId, { name: 'p', monitor: monitor.id, origins }),
  );
  const balancer = await write((draft) =>
    balancers.create(draft, zoneId, {
      name: 'WWW.example.com',
      default_pools: [pool.id],
      fallback_pool: pool.id,
    }),
  );
  const { upsert } = await stored();
  expect(told.splice(0).map(({ upsert }) => upsert)).toEqual([
    { monitor: upsert.monitor },
    { pool: upsert.pool },
    { load_balancer: upsert.load_balancer },
  ]);
  expect(upsert.monitor).toEqual([
    {
      id: monitor.id,
      type: 'http',
      method: 'GET',
      path: '/',
      header: {},
      port: 0,
      timeout: 5,
      retries: 2,
      interval: 60,
      consecutiveUp: 0,
      consecutiveDown: 0,
      expectedBody: '',
      expectedCodes: '200',
      followRedirects: false,
      allowInsecure: false,
    },
  ]);
  expect(upsert.pool).toEqual([
    livePoolOf({
      id: pool.id,
      accountId,
      name: 'p',
      monitorId: monitor.id,
      origins: [
        liveOrigin({
          key: expect.any(String) as unknown as string,
          accountId,
          name: 'a',
          address: '::ffff:1.1.1.1',
          ip: '1.1.1.1',
          host: 'app.example.com',
        }),
      ],
    }),
  ]);
  expect(upsert.load_balancer).toEqual([
    liveLoadBalancer({
      id: balancer.id,
      accountId,
      zoneId: zoneId,
      name: 'www.example.com',
      proxied: false,
      defaultPools: [pool.id],
      steeringPolicy: '',
    }),
  ]);

  for (const method of ['PATCH', 'PUT'] as const) {
    const sent = method === 'PATCH' ? {} : { name: 'p', monitor: monitor.id, origins };
    await write((draft) => pools.change(draft, accountId, pool.id, sent, method));
  }
  await write((draft) => balancers.change(draft, zoneId, balancer.id, {}, 'PATCH'));
  await write((draft) => monitors.change(draft, accountId, monitor.id, {}, 'PATCH'));
  expect(told).toEqual([]);

  await write((draft) => balancers.remove(draft, zoneId, balancer.id));
  await write((draft) => pools.remove(draft, accountId, pool.id));
  await write((draft) => monitors.remove(draft, accountId, monitor.id));
  expect(told.splice(0).map(({ remove }) => remove)).toEqual([
    { load_balancer: [balancer.id] },
    { pool: [pool.id] },
    { monitor: [monitor.id] },
  ]);
  expect((await stored()).upsert).toMatchObject({ load_balancer: [], pool: [], monitor: [] });
});

test('origins are written when one of them changes, and not with anything else', async () => {
  const origin = { name: 'a', address: '1.1.1.1', header: { Host: ['a.example.com'] }, enabled: false };
  const { id } = await write((draft) =>
    pools.create(draft, accountId, { name: 'rarely', origins: [origin] }),
  );
  const change = (sent: object) =>
    write((draft) => pools.change(draft, accountId, id, { ...sent, origins: [origin] }, 'PATCH'));
  // The transaction that wrote the row.
  const writer = () => db.read.$queryRaw`select xmin::text as writer from origin where pool_id = ${id}`;
  const first = await writer();
  await change({ description: 'another' });
  expect(await writer()).toEqual(first);
  origin.enabled = true;
  await change({});
  expect(await writer()).not.toEqual(first);
});

test('memory and the data plane know whose load balancer it is, after a start as well', async () => {
  const pool = await write((draft) =>
    pools.create(draft, accountId, { name: 'q', origins: [{ name: 'a', address: '1.1.1.1' }] }),
  );
  const body = { default_pools: [pool.id], fallback_pool: pool.id };
  const create = (scope: 'account' | 'zone', owner: string, name: string) =>
    write((draft) => balancerWrites(scope).create(draft, owner, { name, ...body }));
  const ofAccount = await create('account', accountId, 'Payroll');
  const ofZone = await create('zone', zoneId, 'q.example.com');
  const { upsert } = await stored();
  const owners = upsert.load_balancer!.map(({ id, zoneId }) => [id, zoneId]);
  expect(Object.fromEntries(owners)).toEqual({ [ofAccount.id]: null, [ofZone.id]: zoneId });
  const known = (owner: string) => tables.world.loadBalancers.of(owner).map(({ id }) => id);
  expect(known(`account ${accountId}`)).toEqual([ofAccount.id]);
  expect(known(`zone ${zoneId}`)).toEqual([ofZone.id]);
});

const ORIGIN = { name: 'a', address: '2606:4700::1111', port: 80 };
const keyOf = (sent: object) => originKey(completeOrigin({ ...ORIGIN, ...sent }));

test.each([
  { name: 'b' },
  { enabled: false },
  { weight: 0.5 },
  { flatten_cname: false },
  { address: '2606:4700:0::1111' },
])('the key of an origin stays when it changes by %j', (fields) => {
  expect(keyOf(fields)).toBe(keyOf({}));
});

test('the key of an origin is another one for each address, port, network and Host header', () => {
  const others = [
    {},
    { port: 81 },
    { address: '2606:4700::1112' },
    { address: 'app.example.net' },
    { virtual_network_id: '11111111-2222-4333-8444-555555555555' },
    { header: { Host: ['a.example.com'] } },
    { header: { Host: ['b.example.com'] } },
  ];
  expect(new Set(others.map(keyOf)).size).toBe(others.length);
});
