import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { expect, test } from 'vitest';
import { DEFAULT_SUBNETS } from '../../src/resources/subnets/defaults.js';
import { migrate } from '../../src/storage/migrate.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../prisma/migrations');

test('an account that is older than subnets gets the ones that a new account has', async () => {
  const database = await PGlite.create();
  const pool = new pg.Pool(createPgConfig(database));
  const older = await mkdtemp(path.join(os.tmpdir(), 'offramp-older-'));
  try {
    const initial = '20261120000000_initial';
    await cp(path.join(MIGRATIONS, initial), path.join(older, initial), { recursive: true });
    await migrate(pool, older);
    const created = new Date('2026-01-02T03:04:05.678Z');
    await pool.query(
      'insert into account (id, name, settings, created_on, type) values ($1, $2, $3, $4, $5)',
      ['a'.repeat(32), 'Older', {}, created, 'standard'],
    );
    await migrate(pool, MIGRATIONS);
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
      expect(row).toMatchObject({
        account_id: 'a'.repeat(32),
        comment: '',
        created_at: created,
        deleted_at: null,
      });
  } finally {
    await pool.end();
    await database.close();
    await rm(older, { recursive: true });
  }
});
