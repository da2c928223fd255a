// Makes dist/database-template.tar.gz: an embedded database with all migrations applied. A fresh start unpacks it instead of
// creating a cluster, which takes several times as long. Does nothing when the one that is there is up to date.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { migrate } from '../dist/storage/migrate.js';
import { readArguments } from './support/arguments.mjs';

readArguments(import.meta.filename);

const migrations = new URL('../prisma/migrations/', import.meta.url);
const template = new URL('../dist/database-template.tar.gz', import.meta.url);
const stamp = new URL('../dist/database-template.sha256', import.meta.url);

const names = readdirSync(migrations, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const hash = createHash('sha256').update(readFileSync(new URL('../package-lock.json', import.meta.url)));
hash.update(readFileSync(new URL(import.meta.url)));
for (const { name } of names) hash.update(readFileSync(new URL(`${name}/migration.sql`, migrations)));
const digest = hash.digest('hex');

if (!existsSync(template) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  const database = await PGlite.create();
  const pool = new pg.Pool(createPgConfig(database));
  await migrate(pool, migrations.pathname);
  await pool.end();
  // What new databases are copied from. There will be none, and each is as large as ours.
  await database.exec('update pg_database set datistemplate = false');
  for (const name of ['template0', 'template1']) await database.exec(`drop database ${name}`);
  // Whoever opens a copy has nothing to recover then.
  await database.exec('checkpoint');
  const dump = await database.dumpDataDir('gzip');
  await database.close();
  writeFileSync(template, Buffer.from(await dump.arrayBuffer()));
  writeFileSync(stamp, digest);
}
