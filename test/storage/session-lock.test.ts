import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { startDatabaseProxy } from '../support/database-proxy.js';
import { closedPort } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { FREE_PORTS, runProgram, spawnProgram } from '../support/program.js';
import { createReadToken } from '../support/read-token.js';
import { createScratchDatabase } from '../support/scratch-database.js';
import { eventually } from '../support/waiting.js';

const server = process.env.TEST_DATABASE_URL;
const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find(existsSync);

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'offramp-lock-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function start(url: string, flags: readonly string[] = []): Promise<RunningOfframp> {
  const offramp = await startOfframp(['--database-url', url, '--data-dir', await directory(), ...flags]);
  onTestFinished(async () => void (await offramp.stop()));
  return offramp;
}

/** A start that must fail: its exit code, and what it says. */
async function refused(url: string): Promise<{ code: number | null; err: string }> {
  const storage = ['--database-url', url, '--data-dir', await directory()];
  return await runProgram(['start', ...FREE_PORTS, ...storage]);
}

/** Breaks the session that holds the lock. */
async function breakLock(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'offramp %'",
  );
  await client.end();
}

const healthOf = async (port: number | string) => {
  const response = await fetch(`http://127.0.0.1:${port}/_offramp/health`).catch(() => null);
  // biome-ignore lint/suspicious/noExplicitAny: of a standby, or of one that runs.
  return response && { status: response.status, body: (await response.json()) as any };
};

const origins = [{ name: 'one', address: 'localhost' }];

describe.skipIf(!server)('on PostgreSQL', () => {
  test('a second Offramp on a database is refused, with host, process and start of the one that has it', async () => {
    const url = await createScratchDatabase(server!);
    const first = await start(url);
    const { code, err } = await refused(url);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^offramp: the database is in use by another running Offramp, on host \S+, process \d+, started 20\S+Z; stop that one/,
    );
    expect(err).toContain(`on host ${os.hostname()}, process ${first.process.pid}, started `);
  });

  test('two schemas of one database have an Offramp each', async () => {
    const url = await createScratchDatabase(server!);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create schema other');
    await client.end();
    const elsewhere = new URL(url);
    elsewhere.searchParams.set('options', '-c search_path=other');
    const [one, two] = [await start(url), await start(elsewhere.href)];
    await apiOf(one).create('@/load_balancers/pools', { name: 'only-here', origins });
    expect((await apiOf(two).get('@/load_balancers/pools')).body.result).toEqual([]);
  });

  test('a standby opens nothing but its health, and takes over what the first has written when that one is killed', async () => {
    const url = await createScratchDatabase(server!);
    const first = await start(url);
    const [api, edge] = [await closedPort(), await closedPort()];
    const second = start(url, ['--standby', '--port', String(api), '--edge-port', String(edge)]);
    await eventually(async () => (await healthOf(api)) !== null);
    expect(await healthOf(api)).toEqual({
      status: 503,
      body: {
        state: 'standby',
        holder: { host: os.hostname(), pid: first.process.pid, started: expect.stringMatching(/^20\S+Z$/) },
      },
    });
    const asked = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${api}${path}`);
      return [response.status, await response.text()];
    };
    expect(await asked('/healthz')).toEqual([200, 'ok\n']);
    expect(await asked('/_offramp/ready')).toEqual([503, expect.stringContaining('"ready":false')]);
    const elsewhere = await fetch(`http://127.0.0.1:${api}/client/v4/accounts`);
    expect([elsewhere.status, elsewhere.headers.get('retry-after')]).toEqual([503, '5']);
    expect(((await elsewhere.json()) as { success: boolean }).success).toBe(false);
    // No page of a stranger reads who has the database.
    const page = await fetch(`http://127.0.0.1:${api}/_offramp/health`, {
      headers: { origin: 'https://rebound.example.com' },
    });
    expect(page.status).toBe(403);
    const probe = net.connect(edge, '127.0.0.1');
    const [error] = await once(probe, 'error');
    expect(error.code).toBe('ECONNREFUSED');

    const pool = await apiOf(first).create('@/load_balancers/pools', { name: 'kept', origins });
    first.process.kill('SIGKILL');
    const taken = await second;
    expect((await apiOf(taken).get(`@/load_balancers/pools/${pool.id}`)).body.result.name).toBe('kept');
    expect(await healthOf(api)).toMatchObject({ status: 200, body: { status: 'ok', database: 'ok' } });
    expect(await asked('/_offramp/ready')).toEqual([200, '{"ready":true,"reason":null}']);
    expect((await apiOf(taken).patch(`@/load_balancers/pools/${pool.id}`, { name: 'changed' })).status).toBe(
      200,
    );
  });

  test('a standby of an API with TLS shows its health over TLS', async () => {
    const url = await createScratchDatabase(server!);
    const first = await start(url);
    const port = await closedPort();
    const dataDir = await directory();
    const flags = ['--standby', '--port', String(port), '--api-tls', '--data-dir', dataDir];
    const child = spawnProgram(['start', ...flags, '--database-url', url]);
    await eventually(() => existsSync(path.join(dataDir, 'edge/ca.pem')));
    const ca = await readFile(path.join(dataDir, 'edge/ca.pem'));
    const status = () =>
      new Promise<number | undefined>((resolve) => {
        https
          .get({ host: '127.0.0.1', port, path: '/_offramp/health', ca, agent: false }, (response) => {
            response.resume();
            resolve(response.statusCode);
          })
          .on('error', () => resolve(undefined));
      });
    await eventually(async () => (await status()) === 503);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect((await healthOf(new URL(first.apiUrl).port))?.status).toBe(200);
  });

  test('a standby that is asked to stop while it waits ends with 0', async () => {
    const url = await createScratchDatabase(server!);
    await start(url);
    const port = await closedPort();
    const flags = ['--standby', '--port', String(port), '--database-url', url];
    const child = spawnProgram(['start', ...flags, '--data-dir', await directory()]);
    await eventually(async () => (await healthOf(port)) !== null);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  test('when the session of the lock breaks, writes go on as soon as it is held again', async () => {
    const url = await createScratchDatabase(server!);
    const api = apiOf(await start(url));
    for (const name of ['a', 'b', 'c']) {
      await breakLock(url);
      await eventually(
        async () => (await api.post('@/load_balancers/pools', { name, origins })).status === 200,
      );
    }
    expect((await api.get('@/load_balancers/pools')).body.result).toHaveLength(3);
  });

  test('one that has lost the lock to another writes nothing and takes no token of the API, and follows the other when it ends', async () => {
    const url = await createScratchDatabase(server!);
    const proxy = await startDatabaseProxy(url);
    const first = await start(proxy.url);
    const api = apiOf(first);
    const { id, reader } = await createReadToken(first);
    expect((await reader.get('@/load_balancers/pools')).status).toBe(200);

    const waiting = start(url, ['--standby']);
    // It stands in the queue for the lock: who loses the lock loses it to this one.
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    onTestFinished(() => database.end());
    await eventually(async () => {
      const query = "select from pg_locks where locktype = 'advisory' and not granted";
      return (await database.query(query)).rowCount === 1;
    });
    proxy.close();
    const second = await waiting;
    const other = apiOf(second);
    expect((await other.delete(`/user/tokens/${id}`)).status).toBe(200);
    await other.create('@/load_balancers/pools', { name: 'of-the-second', origins });

    proxy.open();
    await eventually(async () => {
      const { status, body } = await api.post('@/load_balancers/pools', { name: 'of-the-first', origins });
      expect(status).toBe(503);
      return body.errors[0].message.includes(
        `another Offramp holds the lock of the database, on host ${os.hostname()}, process ${second.process.pid}`,
      );
    });
    const asked = await reader.get('@/load_balancers/pools');
    expect([asked.status, asked.body.errors[0].message]).toEqual([
      503,
      expect.stringContaining('whether this API token still exists'),
    ]);
    expect((await healthOf(new URL(first.apiUrl).port))?.body.database).toBe('unavailable');
    const ready = await fetch(new URL('/_offramp/ready', first.apiUrl));
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, reason: expect.stringContaining('the database is not available') },
    ]);

    await second.stop();
    await eventually(
      async () =>
        (await api.post('@/load_balancers/pools', { name: 'of-the-first', origins })).status === 200,
    );
    const names = (await api.get('@/load_balancers/pools')).body.result.map(
      ({ name }: { name: string }) => name,
    );
    expect(names).toEqual(['of-the-second', 'of-the-first']);
    expect((await reader.get('@/load_balancers/pools')).status).toBe(403);
  });

  test('a database that does not answer any more is noticed, and writes are refused until it does', async () => {
    const url = await createScratchDatabase(server!);
    const proxy = await startDatabaseProxy(url);
    const api = apiOf(await start(proxy.url));
    proxy.freeze();
    const stuck = await api.post('@/load_balancers/pools', { name: 'stuck', origins });
    expect(stuck.status).toBe(503);
    await eventually(async () => {
      const { body } = await api.post('@/load_balancers/pools', { name: 'late', origins });
      return /changes are refused, because the connection that holds the lock/.test(body.errors[0]?.message);
    });
    expect((await api.get('@/load_balancers/pools')).body.result).toEqual([]);
    proxy.thaw();
    await eventually(
      async () => (await api.post('@/load_balancers/pools', { name: 'back', origins })).status === 200,
    );
  });

  describe.skipIf(!PGBOUNCER)('behind PgBouncer', () => {
    test.each(['transaction', 'statement'])(
      'a pooler in %s mode is refused by its name, with what to do',
      async (mode) => {
        const { code, err } = await refused(await pgbouncer(await createScratchDatabase(server!), mode));
        expect(code).toBe(1);
        expect(err).toMatch(
          /^offramp: the database is behind a connection pooler in transaction mode \(PgBouncer pool_mode = transaction or the like\)/,
        );
        expect(err).toContain('pool_mode = session');
      },
    );

    test('a pooler in session mode is taken, and the lock holds', async () => {
      const url = await createScratchDatabase(server!);
      const offramp = await start(await pgbouncer(url, 'session'));
      await apiOf(offramp).create('@/load_balancers/pools', { name: 'through', origins });
      expect((await refused(url)).err).toContain(`process ${offramp.process.pid}`);
    });
  });
});

/** Starts PgBouncer in front of the database; answers its URL. */
async function pgbouncer(target: string, mode: string): Promise<string> {
  const { hostname, port, pathname, username } = new URL(target);
  const own = await directory();
  const listenPort = await closedPort();
  const ini = path.join(own, 'pgbouncer.ini');
  await writeFile(path.join(own, 'users.txt'), `"${username}" ""\n`);
  await writeFile(
    ini,
    `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=${listenPort}\nauth_type=trust
auth_file=${path.join(own, 'users.txt')}\npool_mode=${mode}\nunix_socket_dir=\ndefault_pool_size=20\n`,
  );
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const [command, ...argv] = [...(isRoot ? ['runuser', '-u', 'postgres', '--'] : []), PGBOUNCER!, '-q', ini];
  if (isRoot) await chmod(own, 0o755);
  const child: ChildProcess = spawn(command!, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = net.connect(listenPort, '127.0.0.1', () => socket.destroy());
        socket.once('close', (failed) => resolve(!failed));
        socket.once('error', () => undefined);
      }),
  );
  return `postgres://${username}@127.0.0.1:${listenPort}${pathname}`;
}
