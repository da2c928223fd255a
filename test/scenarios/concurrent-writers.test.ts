import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Answer, type Api, apiOf } from '../support/api.js';
import { startOfframp } from '../support/offramp.js';
import { createScratchDatabase } from '../support/scratch-database.js';

// The compiled program: the embedded database's thread is started from a file of its own.
const { openDatabase } = await import('../../dist/storage/database.js');

const WRITERS = 32;
/** The suite takes a few seconds of it; `npm run stress:writers` a minute. */
const SECONDS = Number(process.env.OFFRAMP_STRESS_SECONDS ?? 3);
/** However slow the machine: fewer would quarrel about too little. */
const MINIMUM_WRITES = 800;

/** What all writers quarrel about: few names, few addresses, few networks. */
const NAMES = ['a', 'b', 'c', 'd'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '::ffff:10.0.0.1', 'fd00::1', '192.0.2.1'];
const CIDRS = ['10.0.0.0/8', '10.0.0.0/24', '10.64.1.0/24', 'fd00::/8'];
const SUBNETS = ['10.64.0.0/16', '10.64.1.0/24', '10.65.0.0/24'];

type Kind =
  | 'network'
  | 'tunnel'
  | 'route'
  | 'hostname'
  | 'subnet'
  | 'monitor'
  | 'group'
  | 'pool'
  | 'balancer';
const PATHS: Record<Kind, string> = {
  network: '@/teamnet/virtual_networks',
  tunnel: '@/cfd_tunnel',
  route: '@/teamnet/routes',
  hostname: '@/zerotrust/routes/hostname',
  subnet: '@/zerotrust/subnets/warp',
  monitor: '@/load_balancers/monitors',
  group: '@/load_balancers/monitor_groups',
  pool: '@/load_balancers/pools',
  balancer: '%/load_balancers',
};
const KINDS = Object.keys(PATHS) as Kind[];

/** Rows that must not be there, whatever happened at the same time. */
const VIOLATIONS = {
  'two live virtual networks of one name':
    'select account_id, name from virtual_network where deleted_at is null group by 1, 2 having count(*) > 1',
  'not exactly one default network':
    'select account_id from virtual_network where deleted_at is null group by 1 having count(*) filter (where is_default) <> 1',
  'a deleted default network': 'select id from virtual_network where deleted_at is not null and is_default',
  'two live tunnels of one name':
    'select account_id, name from tunnel where deleted_at is null group by 1, 2 having count(*) > 1',
  'two live routes of one network':
    'select virtual_network_id, network from route where deleted_at is null group by 1, 2 having count(*) > 1',
  'a live route of a deleted tunnel or network':
    'select r.id from route r join tunnel t on t.id = r.tunnel_id join virtual_network n on n.id = r.virtual_network_id where r.deleted_at is null and (t.deleted_at is not null or n.deleted_at is not null)',
  'two live hostname routes of one name':
    'select account_id, hostname from hostname_route where deleted_at is null group by 1, 2 having count(*) > 1',
  'a live hostname route of a deleted tunnel':
    'select r.id from hostname_route r join tunnel t on t.id = r.tunnel_id where r.deleted_at is null and t.deleted_at is not null',
  'two live subnets that overlap':
    'select a.id from subnet a join subnet b on a.account_id = b.account_id and a.id < b.id and a.network::cidr && b.network::cidr where a.deleted_at is null and b.deleted_at is null',
  'not exactly one default subnet':
    'select account_id from subnet where deleted_at is null group by 1 having count(*) filter (where is_default) <> 1',
  'a deleted default subnet': 'select id from subnet where deleted_at is not null and is_default',
  'a live route inside a live subnet':
    'select r.id from route r join subnet s on s.account_id = r.account_id and r.network::cidr <<= s.network::cidr where r.deleted_at is null and s.deleted_at is null',
  'two pools of one name': 'select account_id, name from pool group by 1, 2 having count(*) > 1',
  'two load balancers of one name':
    'select zone_id, name from load_balancer group by 1, 2 having count(*) > 1',
  'an IP address in two networks':
    'select account_id, ip from origin where ip is not null group by 1, 2 having count(distinct coalesce(virtual_network_id::text, $$none$$)) > 1',
  'an IP address twice in a pool':
    'select pool_id, ip from origin where ip is not null group by 1, 2 having count(*) > 1',
  'a pool without origins':
    'select id from pool where not exists (select from origin where pool_id = pool.id)',
  'a pool with a monitor or group that is gone':
    'select id from pool where (monitor_id is not null and monitor_id not in (select id from monitor)) or (monitor_group_id is not null and monitor_group_id not in (select id from monitor_group))',
  'a group with a monitor that is gone':
    'select group_id from monitor_group_member where monitor_id not in (select id from monitor)',
  'a load balancer with a pool that is gone':
    'select id from load_balancer where fallback_pool not in (select id from pool) or exists (select from jsonb_array_elements_text(default_pools) as named(id) where named.id not in (select id from pool))',
  'a load balancer whose pools are not noted':
    'select id from load_balancer b where not exists (select from load_balancer_pool p where p.load_balancer_id = b.id and p.pool_id = b.fallback_pool)',
  'a revision that is missing': 'select 1 from revision having count(*) <> max(number) - min(number) + 1',
} satisfies Record<string, string>;

/** Numbers in [0, 1), the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ids that were seen lately, also of what is deleted by now. */
type Seen = Record<Kind, string[]>;

/** Two networks in which every address is routed, and which no writer touches. */
async function routedNetworks(api: Api): Promise<string[]> {
  const tunnel = await api.create(PATHS.tunnel, { name: 'kept' });
  const networks: string[] = [];
  for (const name of ['east', 'west']) {
    const { id } = await api.create(PATHS.network, { name });
    for (const network of ['0.0.0.0/0', '::/0'])
      await api.create(PATHS.route, { network, tunnel_id: tunnel.id, virtual_network_id: id });
    networks.push(id);
  }
  return networks;
}

function writer(api: Api, routed: readonly string[], seen: Seen, seed: number) {
  const random = randomOf(seed);
  const one = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const sometimes = <T>(fields: T): T | object => (random() < 0.5 ? fields : {});

  const origin = (name: string) => ({
    name,
    address: one(ADDRESSES),
    virtual_network_id: random() < 0.9 ? one(routed) : one(seen.network),
  });
  const bodies: Record<Kind, () => object> = {
    network: () => ({ name: one(NAMES), ...(random() < 0.2 ? { is_default_network: true } : {}) }),
    tunnel: () => ({ name: one(NAMES) }),
    route: () => ({
      network: one(CIDRS),
      tunnel_id: one(seen.tunnel),
      ...sometimes({ virtual_network_id: one(seen.network) }),
    }),
    hostname: () => ({ hostname: `${one(NAMES)}.internal`, tunnel_id: one(seen.tunnel) }),
    subnet: () => ({
      name: one(NAMES),
      network: one(SUBNETS),
      ...(random() < 0.3 ? { is_default_network: true } : {}),
    }),
    monitor: () => ({ type: 'tcp', port: 9, description: one(NAMES) }),
    group: () => ({
      description: 'group',
      members: [
        { monitor_id: one(seen.monitor), enabled: true, monitoring_only: false, must_be_healthy: true },
      ],
    }),
    pool: () => ({
      name: one(NAMES),
      origins: [origin('one'), ...(random() < 0.3 ? [origin('two')] : [])],
      ...sometimes({ monitor: one(seen.monitor) }),
    }),
    balancer: () => ({
      name: `${one(NAMES)}.example.com`,
      default_pools: [one(seen.pool), one(seen.pool)],
      fallback_pool: one(seen.pool),
    }),
  };

  return async function write(): Promise<{ action: string; answer: Answer }> {
    const kind = one(KINDS)!;
    const id = one(seen[kind]);
    const choice = random();
    if (id === undefined || choice < 0.5) {
      const answer = await api.post(PATHS[kind], bodies[kind]());
      if (answer.status === 200) {
        seen[kind].push(answer.body.result.id);
        if (seen[kind].length > 12) seen[kind].shift();
      }
      return { action: `create ${kind}`, answer };
    }
    const path = `${PATHS[kind]}/${id}`;
    if (choice < 0.75) return { action: `change ${kind}`, answer: await api.patch(path, bodies[kind]()) };
    const query = kind === 'network' && random() < 0.5 ? '?force=true' : '';
    return { action: `delete ${kind}`, answer: await api.delete(path + query) };
  };
}

test(`${WRITERS} writers at once break no rule between objects, and get no 5xx`, {
  timeout: (SECONDS + 180) * 1000,
}, async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-writers-'));
  const server = process.env.TEST_DATABASE_URL;
  const url = server ? await createScratchDatabase(server) : null;
  const offramp = await startOfframp(['--data-dir', dataDir, ...(url ? ['--database-url', url] : [])]);
  const api = apiOf(offramp);
  const seen = Object.fromEntries(KINDS.map((kind): [string, string[]] => [kind, []])) as Seen;
  const routed = await routedNetworks(api);
  const counts = new Map<string, { done: number; refused: number }>();
  const failures: unknown[] = [];
  const end = Date.now() + SECONDS * 1000;
  let writes = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, seed) => {
      const write = writer(api, routed, seen, seed);
      while (Date.now() < end || writes < MINIMUM_WRITES) {
        writes += 1;
        const { action, answer } = await write();
        if (answer.status >= 500) failures.push([action, answer.status, answer.body]);
        const count = counts.get(action) ?? { done: 0, refused: 0 };
        count[answer.status === 200 ? 'done' : 'refused'] += 1;
        counts.set(action, count);
      }
    }),
  );
  const pools = (await api.get(PATHS.pool)).body.result;
  const monitors = (await api.get(PATHS.monitor)).body.result;
  expect(await offramp.stop()).toBe(0);

  const db = await openDatabase({ url, dataDir: url ? null : path.join(dataDir, 'database') });
  const violations: Record<string, unknown> = {};
  for (const [name, query] of Object.entries(VIOLATIONS)) {
    const rows = (await db.read.$queryRawUnsafe(query)) as unknown[];
    if (rows.length > 0) violations[name] = rows;
  }
  const stored = {
    pools: await db.read.pool.findMany({ select: { id: true, name: true }, orderBy: { id: 'asc' } }),
    monitors: await db.read.monitor.findMany({
      select: { id: true, description: true },
      orderBy: { id: 'asc' },
    }),
  };
  await db.close();
  await rm(dataDir, { recursive: true });

  expect(failures).toEqual([]);
  expect(violations).toEqual({});
  // What is answered from memory is what was committed.
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  const shown = (items: { id: string }[], field: string) =>
    items.map((item) => ({ id: item.id, [field]: item[field as 'id'] })).sort(byId);
  expect(shown(pools, 'name')).toEqual(stored.pools);
  expect(shown(monitors, 'description')).toEqual(stored.monitors);
  // Nothing is shown by writers that only ever succeed, or never do.
  expect([...counts.values()].reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(WRITERS);
  for (const kind of KINDS) expect([kind, counts.get(`create ${kind}`)?.done]).not.toEqual([kind, 0]);
});
