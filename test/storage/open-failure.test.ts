import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StartFailure } from '../../src/config/start-failure.js';
import { openDatabase } from '../../src/storage/database.js';
import { tcpOrigin } from '../support/fake-origins.js';
import { createScratchDatabase } from '../support/scratch-database.js';

const server = process.env.TEST_DATABASE_URL;

/** What the start says of this database. */
async function failureOf(url: string): Promise<string> {
  const failure = await openDatabase({ url, dataDir: null }).then(
    async (db) => {
      await db.close();
      throw new Error('it was opened');
    },
    (error: Error) => error,
  );
  expect(failure).toBeInstanceOf(StartFailure);
  expect(failure.message).not.toContain('se%23cret');
  expect(failure.message).not.toContain('se#cret');
  return failure.message;
}

/** A server that refuses whoever connects with an error of this SQLSTATE. */
async function refusing(sqlstate: string, message: string): Promise<string> {
  const fields = Buffer.from(`SFATAL\0C${sqlstate}\0M${message}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeInt32BE(fields.length + 4, 1);
  const { port } = await tcpOrigin((socket) =>
    socket.once('data', () => socket.end(Buffer.concat([head, fields]))),
  );
  return `postgres://me:se%23cret@127.0.0.1:${port}/routes`;
}

test.each([
  [
    'postgres://me:se%23cret@127.0.0.1:1/routes',
    'the database "routes" at 127.0.0.1:1 cannot be used as "me": connect ECONNREFUSED 127.0.0.1:1; is it running, and are host and port in --database-url right?',
  ],
  [
    'postgres://me:se%23cret@name.invalid/routes',
    'there is no host "name.invalid": is it spelled right in --database-url?',
  ],
  [
    'postgres://me:se#cret@host:port/routes',
    '--database-url (DATABASE_URL) cannot be read: it takes postgres://user:password@host:port/database',
  ],
])('%s cannot be used, and that is said', async (url, message) => {
  expect(await failureOf(url)).toContain(message);
});

test.each([
  [
    '28P01',
    'password authentication failed for user "me"',
    'check user and password in --database-url (DATABASE_URL)',
  ],
  [
    '28000',
    'no pg_hba.conf entry for host "10.0.0.1", user "me", database "routes", no encryption',
    'sslmode in --database-url',
  ],
  [
    '28000',
    'role "me" is not permitted to log in',
    'does "me" exist, and does pg_hba.conf let it in from here?',
  ],
  ['3D000', 'database "routes" does not exist', 'create it: CREATE DATABASE routes'],
  ['42501', 'permission denied for database "routes"', 'run GRANT CONNECT ON DATABASE routes TO me'],
  ['53300', 'sorry, too many clients already', 'raise max_connections'],
  ['57P03', 'the database system is starting up', 'try again in a moment'],
])('a server that answers %s, %s, is told with what to do', async (sqlstate, text, advice) => {
  const message = await failureOf(await refusing(sqlstate, text));
  expect(message).toContain(`cannot be used as "me": ${text}`);
  expect(message).toContain(advice);
});

describe.skipIf(!server)('on PostgreSQL', () => {
  test('a role that may not make tables is told with the statement that lets it', async () => {
    const url = new URL(await createScratchDatabase(server!));
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    const role = `role_${process.pid}_${Date.now()}`;
    await admin.query(`create role ${role} login password 'se#cret'`);
    onTestFinished(async () => {
      await admin.query(`drop owned by ${role}`);
      await admin.query(`drop role ${role}`);
      await admin.end();
    });
    url.username = role;
    url.password = 'se%23cret';
    const message = await failureOf(url.href);
    expect(message).toContain(`cannot be used as "${role}": permission denied for schema public`);
    const statement = /run (GRANT USAGE, CREATE ON SCHEMA public TO \w+)/.exec(message)![1]!;
    await admin.query(statement);
    await (await openDatabase({ url: url.href, dataDir: null })).close();
  });

  test('a database and a role that are not there are told', async () => {
    const url = new URL(server!);
    url.pathname = '/not-there';
    expect(await failureOf(url.href)).toContain('create it: CREATE DATABASE "not-there"');
    url.username = 'nobody_at_all';
    expect(await failureOf(url.href)).toMatch(/"nobody_at_all".*does "nobody_at_all" exist/);
  });
});
