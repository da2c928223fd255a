import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fieldsAfter } from '../../../src/resources/load-balancing/pools/from-body.js';
import { livePool } from '../../../src/resources/load-balancing/pools/live.js';
import { poolAt } from '../../../src/resources/load-balancing/pools/rows.js';
import { liveLoadBalancer, liveOrigin, livePool as livePoolOf } from '../../support/live-objects.js';

// The compiled modules: the embedded database starts a thread from its compiled file.
const compiled = (module: string) => import(path.resolve(import.meta.dirname, '../../../dist', module));
// biome-ignore lint/suspicious/noExplicitAny: compiled modules have no types here.
let db: any;
// biome-ignore lint/suspicious/noExplicitAny: compiled modules have no types here.
let load: (changes: [noun: string, id: string][] | null) => Promise<any>;
// biome-ignore lint/suspicious/noExplicitAny: compiled modules have no types here.
let rules: any;
// biome-ignore lint/suspicious/noExplicitAny: compiled modules have no types here.
let committed: any;
let accountId: string;
const settings = {
  minMonitorInterval: 10,
  originUniqueness: 'account',
  directNetworks: { named: [], dialled: [] },
  location: 'Local, XX',
};
const commits: { changes: [string, string][] }[] = [];

beforeAll(async () => {
  const [{ openDatabase }, { seed }, { createCommittedNouns, liveSources }, { loadChanges }] =
    await Promise.all([
      compiled('storage/database.js'),
      compiled('resources/seed.js'),
      compiled('resources/index.js'),
      compiled('resources/live.js'),
    ]);
  const [monitors, pools, balancers] = await Promise.all(
    ['monitors', 'pools', 'load-balancers'].map((noun) =>
      compiled(`resources/load-balancing/${noun}/rules.js`),
    ),
  );
  rules = { monitors, pools, balancers };
  db = await openDatabase({ url: null, dataDir: null });
  const seeded = await seed(db, { accountId: null, zoneId: null, domain: 'example.com' });
  accountId = seeded.accountId;
  rules.zoneId = seeded.zoneId;
  db.onCommit(async (_client: unknown, commit: (typeof commits)[number]) => {
    commits.push(commit);
    return async () => undefined;
  });
  committed = createCommittedNouns({ origin: () => undefined });
  const sources = liveSources(committed);
  load = async (changes) => {
    const loaded = await loadChanges(sources, db.read, changes);
    loaded.commit();
    return loaded.delta;
  };
});
afterAll(() => db.close());

const write = <T>(work: (tx: unknown) => Promise<T>): Promise<T> => db.transact(work);

test('the data plane sees every default filled in, and hears of each change and each deletion', async () => {
  const monitor = await write<{ id: string }>((tx) =>
    rules.monitors.create(tx, settings, accountId, { expected_codes: '200' }),
  );
  const origins = [{ name: 'a', address: '::ffff:1.1.1.1', header: { Host: ['app.example.com'] } }];
  const pool = await write<{ id: string }>((tx) =>
    rules.pools.create(tx, settings, accountId, { name: 'p', monitor: monitor.id, origins }),
  );
  const balancer = await write<{ id: string }>((tx) =>
    rules.balancers.create(
      tx,
      { zone_id: rules.zoneId },
      {
        name: 'WWW.example.com',
        default_pools: [pool.id],
        fallback_pool: pool.id,
      },
    ),
  );
  expect(commits.splice(0).map(({ changes }) => changes)).toEqual([
    [['monitor', monitor.id]],
    [['pool', pool.id]],
    [['load_balancer', balancer.id]],
  ]);
  const { upsert } = await load(null);
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
      zoneId: rules.zoneId,
      name: 'www.example.com',
      proxied: false,
      defaultPools: [pool.id],
      steeringPolicy: '',
    }),
  ]);

  await write((tx) => rules.pools.merge(tx, settings, accountId, pool.id, {}));
  await write((tx) => rules.balancers.merge(tx, { zone_id: rules.zoneId }, balancer.id, {}));
  await write((tx) => rules.monitors.merge(tx, settings, accountId, monitor.id, {}));
  expect(commits).toEqual([]);

  await write((tx) => rules.balancers.remove(tx, { zone_id: rules.zoneId }, balancer.id));
  await write((tx) => rules.pools.remove(tx, accountId, pool.id));
  await write((tx) => rules.monitors.remove(tx, accountId, monitor.id));
  expect(commits.map(({ changes }) => changes)).toEqual([
    [['load_balancer', balancer.id]],
    [['pool', pool.id]],
    [['monitor', monitor.id]],
  ]);
  const gone = await load(commits.flatMap(({ changes }) => changes));
  expect(gone.remove).toEqual({ load_balancer: [balancer.id], pool: [pool.id], monitor: [monitor.id] });
});

test('origins are written when one of them changes, and not with anything else', async () => {
  const origin = { name: 'a', address: '1.1.1.1', header: { Host: ['a.example.com'] }, enabled: false };
  const { id } = await write<{ id: string }>((tx) =>
    rules.pools.create(tx, settings, accountId, { name: 'rarely', origins: [origin] }),
  );
  const change = (fields: object) =>
    write((tx) => rules.pools.merge(tx, settings, accountId, id, { ...fields, origins: [origin] }));
  // The transaction that wrote the row.
  const writer = () => db.read.$queryRaw`select xmin::text as writer from origin where pool_id = ${id}`;
  const first = await writer();
  await change({ description: 'another' });
  expect(await writer()).toEqual(first);
  origin.enabled = true;
  await change({});
  expect(await writer()).not.toEqual(first);
});

test('the data plane and the readers of the API are told whose load balancer it is', async () => {
  const pool = await write<{ id: string }>((tx) =>
    rules.pools.create(tx, settings, accountId, { name: 'q', origins: [{ name: 'a', address: '1.1.1.1' }] }),
  );
  const body = { default_pools: [pool.id], fallback_pool: pool.id };
  const create = (owner: object, name: string) =>
    write<{ id: string }>((tx) => rules.balancers.create(tx, owner, { name, ...body }));
  const ofAccount = await create({ account_id: accountId }, 'Payroll');
  const ofZone = await create({ zone_id: rules.zoneId }, 'q.example.com');
  const known = (owner: string) =>
    committed.loadBalancers.list(owner).map(({ row }: { row: { id: string } }) => row.id);
  const owners = (objects: readonly { id: string; zoneId: string | null }[]) =>
    Object.fromEntries(objects.map(({ id, zoneId }) => [id, zoneId]));
  for (const changes of [null, [['load_balancer', ofAccount.id] as [string, string]]]) {
    const { upsert } = await load(changes);
    expect(owners(upsert.load_balancer)).toEqual({
      [ofAccount.id]: null,
      ...(changes ? {} : { [ofZone.id]: rules.zoneId }),
    });
    expect(known(`account ${accountId}`)).toEqual([ofAccount.id]);
    expect(known(`zone ${rules.zoneId}`)).toEqual([ofZone.id]);
  }
});

const ORIGIN = { name: 'a', address: '2606:4700::1111', port: 80 };
function keyOf(fields: object): string {
  const pool = fieldsAfter({ name: 'p', origins: [{ ...ORIGIN, ...fields }] }, null);
  const now = new Date();
  const id = 'a'.repeat(32);
  return livePool(poolAt(now, { id, accountId: id, createdOn: now }, pool, null)).origins[0]!.key;
}

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
