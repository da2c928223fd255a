import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A new, empty database on this PostgreSQL server; answers its URL. */
export async function createScratchDatabase(server: string): Promise<string> {
  const name = `offramp_test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
