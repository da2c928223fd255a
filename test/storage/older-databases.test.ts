import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_SUBNETS } from '../../src/resources/networks/subnets/definition.js';
import { migrate } from '../../src/storage/migrate.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../prisma/migrations');

const ID = 'a'.repeat(32);
const UUID = '11111111-2222-4333-8444-555555555555';
const CREATED = new Date('2026-01-02T03:04:05.678Z');
const WRITTEN = { created_on: CREATED, modified_on: CREATED };

/** One row of each table that the first release had, in an order in which they can refer to each other. */
const ROWS: Readonly<Record<string, object>> = {
  account: { id: ID, name: 'Older', settings: {}, created_on: CREATED, type: 'standard' },
  zone: { id: ID, account_id: ID, name: 'example.com', type: 'full', paused: false, ...WRITTEN },
  monitor: {
    ...{ id: ID, account_id: ID, type: 'tcp', description: '', method: '', path: '', header: {}, port: 80 },
    ...{ timeout: 5, retries: 2, interval: 60, consecutive_up: 0, consecutive_down: 0, expected_body: '' },
    ...{ expected_codes: '', follow_redirects: false, allow_insecure: false, probe_zone: '', ...WRITTEN },
  },
  pool: {
    ...{ id: ID, account_id: ID, name: 'pool', description: '', enabled: true, minimum_origins: 1 },
    ...{ monitor_id: ID, notification_email: '', ...WRITTEN },
  },
  virtual_network: {
    id: UUID,
    account_id: ID,
    name: 'default',
    comment: '',
    is_default: true,
    created_at: CREATED,
  },
  origin: {
    ...{
      pool_id: ID,
      position: 0,
      account_id: ID,
      name: 'one',
      address: '10.0.0.1',
      ip: '10.0.0.1',
      enabled: true,
    },
    ...{ weight: 1, port: 0, flatten_cname: true, virtual_network_id: UUID },
  },
  load_balancer: {
    ...{ id: ID, account_id: ID, zone_id: ID, name: 'www.example.com', description: '', enabled: true },
    ...{
      proxied: true,
      fallback_pool: ID,
      default_pools: JSON.stringify([ID]),
      region_pools: {},
      country_pools: {},
    },
    ...{ pop_pools: {}, steering_policy: 'off', session_affinity: 'none', rules: '[]', ...WRITTEN },
  },
  load_balancer_pool: { load_balancer_id: ID, pool_id: ID },
  tunnel: {
    ...{ id: UUID, account_id: ID, name: 'tunnel', config_src: 'local', secret: Buffer.alloc(32) },
    created_at: CREATED,
  },
  route: {
    ...{
      id: UUID,
      account_id: ID,
      network: '10.0.0.0/8',
      virtual_network_id: UUID,
      tunnel_id: UUID,
      comment: '',
    },
    created_at: CREATED,
  },
  user: { id: ID, first_name: 'Older' },
};

let database: PGlite;
let pool: pg.Pool;
let older: string;

/** A database of the first release with something in every table, brought up to date. */
beforeAll(async () => {
  database = await PGlite.create();
  pool = new pg.Pool(createPgConfig(database));
  older = await mkdtemp(path.join(os.tmpdir(), 'offramp-older-'));
  const initial = '20261120000000_initial';
  await cp(path.join(MIGRATIONS, initial), path.join(older, initial), { recursive: true });
  await migrate(pool, older);
  for (const [table, row] of Object.entries(ROWS)) {
    const places = Object.keys(row).map((_, index) => `$${index + 1}`);
    const sql = `insert into "${table}" (${Object.keys(row).join(', ')}) values (${places.join(', ')})`;
    await pool.query(sql, Object.values(row));
  }
  await migrate(pool, MIGRATIONS);
});
afterAll(async () => {
  await pool.end();
  await database.close();
  await rm(older, { recursive: true });
});

test('what is older keeps what it had, and has the defaults of what is new', async () => {
  const rows = async (table: string) => (await pool.query(`select * from "${table}"`)).rows;
  const NEW: Readonly<Record<string, object>> = {
    zone: { vanity_name_servers: [] },
    pool: { monitor_group_id: null },
    load_balancer: { pool_sets: [], default_pools: [ID], rules: [], hostname: 'www.example.com' },
    tunnel: { tun_type: 'cfd_tunnel' },
  };
  const { secret, ...tunnel } = ROWS.tunnel as { readonly secret: Buffer };
  const moved = { tunnel, tunnel_secret: { tunnel_id: UUID, secret } };
  for (const [table, row] of Object.entries({ ...ROWS, ...moved }))
    expect([table, await rows(table)]).toMatchObject([table, [{ ...row, ...NEW[table] }]]);
});

test("a token that is older than those of accounts is a user's, and none can be of both or of nobody", async () => {
  const behind = (await readdir(MIGRATIONS)).filter((name) => name < '20261130');
  const fresh = await PGlite.create();
  const tokens = new pg.Pool(createPgConfig(fresh));
  for (const name of behind)
    await cp(path.join(MIGRATIONS, name), path.join(older, name), { recursive: true });
  await migrate(tokens, older);
  await tokens.query(
    `insert into api_token (id, user_id, name, status, digest, policies, issued_on, modified_on)
      values ($1, $1, 'older', 'active', $2, '[]', $3, $3)`,
    [ID, Buffer.alloc(32), CREATED],
  );
  await migrate(tokens, MIGRATIONS);
  const { rows } = await tokens.query('select user_id, account_id, last_used_on from api_token');
  expect(rows).toEqual([{ user_id: ID, account_id: null, last_used_on: null }]);
  for (const owner of ['user_id = null', `account_id = '${ID}'`])
    await expect(tokens.query(`update api_token set ${owner}`)).rejects.toThrow('api_token_owner');
  await tokens.end();
  await fresh.close();
});

test('an account that is older than subnets gets the ones that a new account has', async () => {
  const { rows } = await pool.query('select * from subnet');
  const given = rows.map((row) => ({
    subnetType: row.subnet_type,
    name: row.name,
    network: row.network,
    isDefault: row.is_default,
  }));
  const byNetwork = (a: { network: string }, b: { network: string }) => (a.network < b.network ? -1 : 1);
  expect(given.sort(byNetwork)).toEqual([...DEFAULT_SUBNETS].sort(byNetwork));
  for (const row of rows)
    expect(row).toMatchObject({ account_id: ID, comment: '', created_at: CREATED, deleted_at: null });
});
