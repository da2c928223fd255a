import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { databaseProblem } from '../../src/storage/database-problem.js';
import { type Api, apiOf } from '../support/api.js';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.js';
import { closedPort, httpOrigin, tcpOrigin } from '../support/fake-origins.js';
import { startOfframp } from '../support/offramp.js';
import { createScratchDatabase } from '../support/scratch-database.js';
import { eventually } from '../support/waiting.js';

const server = process.env.TEST_DATABASE_URL;

/** As Prisma 7.10 throws it for a query in the query builder. */
const known = (code: string, cause: object) =>
  Object.assign(new Error(), { code, meta: { driverAdapterError: { cause } } });

test.each([
  [
    'terminating connection',
    known('P2039', { kind: 'postgres', originalCode: '57P01' }),
    'database_restarting',
  ],
  [
    'the same in a raw query',
    known('P2010', { kind: 'postgres', originalCode: '57P01' }),
    'database_restarting',
  ],
  [
    'a COMMIT that fails',
    Object.assign(new Error('no space left'), { cause: { kind: 'postgres', originalCode: '53100' } }),
    'database_disk_full',
  ],
  ['a server that is not there', known('P1001', { kind: 'DatabaseNotReachable' }), 'database_unreachable'],
  ['the same in a raw query', known('P2010', { kind: 'DatabaseNotReachable' }), 'database_unreachable'],
  ['a connection that ends', new Error('Connection terminated unexpectedly'), 'database_unreachable'],
  [
    'one that has ended before',
    new Error('Client has encountered a connection error and is not queryable'),
    'database_unreachable',
  ],
  [
    'one whose other end has gone',
    Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
    'database_unreachable',
  ],
  [
    'a name that nobody knows',
    Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' }),
    'database_unreachable',
  ],
  ['one that does not answer', new Error('Query read timeout'), 'database_timeout'],
  [
    'one that is not made in time',
    new Error('Connection terminated due to connection timeout'),
    'database_timeout',
  ],
  ['a transaction that does not begin in time', known('P2028', {}), 'database_timeout'],
  ['the embedded database', new Error('the embedded database has stopped'), 'database_unreachable'],
  [
    'what a rule would refuse',
    known('P2002', { kind: 'UniqueConstraintViolation', originalCode: '23505' }),
    null,
  ],
  ['a statement that is wrong', known('P2010', { kind: 'postgres', originalCode: '42601' }), null],
  ['an error of ours', new TypeError('x is not a function'), null],
  ['nothing of the kind', 'text', null],
])('%s', (_what, error, problem) => {
  expect(databaseProblem(error)).toBe(problem);
});

test('errors of pg itself are told apart as they are', async () => {
  const connect = (port: number, connectionTimeoutMillis: number) => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'x', connectionTimeoutMillis });
    client.on('error', () => undefined);
    return client.connect().then(() => null, databaseProblem);
  };
  expect(await connect(await closedPort(), 0)).toBe('database_unreachable');
  expect(await connect((await tcpOrigin((socket) => void socket.destroy())).port, 0)).toBe(
    'database_unreachable',
  );
  expect(await connect((await tcpOrigin()).port, 50)).toBe('database_timeout');
});

describe.skipIf(!server)('on PostgreSQL', () => {
  interface Setup {
    readonly api: Api;
    readonly proxy: DatabaseProxy;
    readonly database: pg.Client;
  }

  async function setUp(more: readonly string[] = []): Promise<Setup> {
    const url = await createScratchDatabase(server!);
    const proxy = await startDatabaseProxy(url);
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-problem-'));
    const flags = [
      '--database-url',
      proxy.url,
      '--data-dir',
      dataDir,
      '--min-monitor-interval',
      '1',
      ...more,
    ];
    const offramp = await startOfframp(flags);
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    onTestFinished(async () => {
      await offramp.stop();
      await database.end();
      await rm(dataDir, { recursive: true });
    });
    return { api: apiOf(offramp), proxy, database };
  }

  const origins = [{ name: 'one', address: 'localhost' }];

  test('what the database answers is 503 with what to do and when to come back, in writes and in reads', async () => {
    const { api, proxy, database } = await setUp();
    await database.query(`create function fail() returns trigger language plpgsql as
      $$ begin raise exception 'made to fail' using errcode = new.description; end $$`);
    await database.query(
      "create trigger fail before insert on pool for each row when (new.description <> '') execute function fail()",
    );
    const told: Record<string, [number, string | null, string]> = {};
    for (const state of [
      '57P01',
      '57P02',
      '57P03',
      '25006',
      '53100',
      '53200',
      '53300',
      '08006',
      '28P01',
      '42501',
      '57014',
      '55P03',
      '40P01',
      '58030',
      'XX001',
    ]) {
      const { status, headers, body } = await api.post('@/load_balancers/pools', {
        name: 'a',
        description: state,
        origins,
      });
      told[state] = [status, headers.get('retry-after'), body.errors[0].message];
    }
    const restarting = [503, '5', expect.stringContaining('stopping or starting')];
    expect(told).toEqual({
      '57P01': restarting,
      '57P02': restarting,
      '57P03': restarting,
      '25006': [503, '30', expect.stringContaining('point --database-url at the primary')],
      '53100': [503, '60', expect.stringContaining('disk of the database server is full')],
      '53200': [503, '10', expect.stringContaining('out of memory')],
      '53300': [503, '5', expect.stringContaining('raise max_connections')],
      '08006': [503, '2', expect.stringContaining('repeat the request when PostgreSQL runs')],
      '28P01': [503, '30', expect.stringContaining('refuses the user')],
      '42501': [503, '30', expect.stringContaining('refuses the user')],
      '57014': [503, '5', expect.stringContaining('did not answer in time')],
      '55P03': [503, '5', expect.stringContaining('did not answer in time')],
      '40P01': [503, '1', expect.stringContaining('got in the way')],
      '58030': [503, '30', expect.stringContaining('its log says which')],
      XX001: [503, '30', expect.stringContaining('its log says which')],
    });
    expect((await api.post('@/load_balancers/pools', { name: 'a', origins })).status).toBe(200);

    proxy.close();
    for (const where of ['@/cfd_tunnel', '@/teamnet/routes', '/user/load_balancing_analytics/events']) {
      const { status, headers } = await api.get(where);
      expect([where, status, headers.get('retry-after')]).toEqual([where, 503, '2']);
    }
    // What is in memory is answered all the same.
    expect((await api.get('@/load_balancers/pools')).body.result).toHaveLength(1);
    for (const where of ['@/load_balancers/search', '/accounts', '/zones', '/user/tokens'])
      expect([where, (await api.get(where)).status]).toEqual([where, 200]);
    proxy.open();
    await eventually(async () => (await api.get('@/cfd_tunnel')).status === 200);
  });

  test('a database that has become read-only refuses writes with what to do, and takes them again afterwards', async () => {
    const { api, proxy, database } = await setUp();
    const { rows } = await database.query('select current_database() as name');
    const reconnect = () => {
      proxy.close();
      proxy.open();
    };
    await database.query(`alter database ${rows[0].name} set default_transaction_read_only = on`);
    reconnect();
    await eventually(async () => {
      const { status, body } = await api.post('@/load_balancers/pools', { name: 'a', origins });
      expect(status).toBe(503);
      return body.errors[0].message.includes('point --database-url at the primary');
    });
    await database.query(
      `set default_transaction_read_only = off; alter database ${rows[0].name} reset default_transaction_read_only`,
    );
    reconnect();
    await eventually(
      async () => (await api.post('@/load_balancers/pools', { name: 'a', origins })).status === 200,
    );
  });

  test('what happens while the database is away is written down when it is back', async () => {
    const told: string[] = [];
    const hook = await httpOrigin(async (request, response) => {
      told.push(await text(request));
      response.end();
    });
    const { api, proxy } = await setUp(['--notify-url', `http://127.0.0.1:${hook.port}`]);
    const origin = net.createServer((socket) => void socket.on('error', () => undefined).resume());
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address() as net.AddressInfo;
    const monitor = await api.create('@/load_balancers/monitors', {
      type: 'tcp',
      port,
      interval: 1,
      timeout: 1,
      retries: 0,
    });
    await api.create('@/load_balancers/pools', {
      name: 'watched',
      monitor: monitor.id,
      origins: [{ name: 'one', address: 'localhost', port }],
    });
    const verdicts = async () => {
      const { result } = (await api.get('/user/load_balancing_analytics/events')).body;
      return result.map((event: { pool: { healthy: boolean } }) => event.pool.healthy);
    };
    await eventually(async () => (await verdicts()).length === 1);
    proxy.close();
    origin.close();
    // The webhook tells that the verdict has turned: its event waits for the database.
    await eventually(() => told.some((alert) => alert.includes('"Unhealthy"')));
    proxy.open();
    await eventually(async () => (await verdicts()).length === 2);
    expect(await verdicts()).toEqual([false, true]);
  });
});
