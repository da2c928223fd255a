import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.js';
import { httpOrigin } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { createReadToken } from '../support/read-token.js';
import { createScratchDatabase } from '../support/scratch-database.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

const server = process.env.TEST_DATABASE_URL;
const NAME = 'shop.example.com';

interface Setup {
  readonly offramp: RunningOfframp;
  readonly api: Api;
  readonly proxy: DatabaseProxy;
  /** The database itself, past the proxy. */
  readonly database: pg.Client;
  /** Pools of one origin each, which answers with the letter. */
  readonly pools: { readonly a: string; readonly b: string };
  /** The letter that traffic gets; null without a load balancer. */
  traffic(): Promise<string | null>;
}

async function setUp(): Promise<Setup> {
  const url = await createScratchDatabase(server!);
  const proxy = await startDatabaseProxy(url);
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-commit-'));
  const offramp = await startOfframp(['--database-url', proxy.url, '--data-dir', dataDir]);
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  onTestFinished(async () => {
    await offramp.stop();
    await database.end();
    await rm(dataDir, { recursive: true });
  });
  const api = apiOf(offramp);
  const pool = async (letter: string): Promise<string> => {
    const { port } = await httpOrigin((_request, response) => response.end(letter));
    const origins = [{ name: 'one', address: 'localhost', port }];
    return (await api.create('@/load_balancers/pools', { name: letter, origins })).id;
  };
  const pools = { a: await pool('a'), b: await pool('b') };
  const client = trafficClient(offramp.http);
  onTestFinished(() => client.close());
  const traffic = async () => {
    const { status, body } = await client.get(NAME);
    return status === 200 ? body : null;
  };
  return { offramp, api, proxy, database, pools, traffic };
}

const balancer = (pool: string) => ({
  name: NAME,
  default_pools: [pool],
  fallback_pool: pool,
  proxied: true,
});

/** The letter of the pool, as each of the three shows it at this moment. */
async function seen({ api, database, pools, traffic }: Setup) {
  const letterOf = (pool: string | undefined) => (pool === undefined ? null : pool === pools.a ? 'a' : 'b');
  const { result } = (await api.get('%/load_balancers')).body;
  const { rows } = await database.query('select default_pools from load_balancer');
  return {
    api: letterOf(result[0]?.default_pools[0]),
    traffic: await traffic(),
    database: letterOf(rows[0]?.default_pools[0]),
  };
}

const everywhere = (letter: string | null) => ({ api: letter, traffic: letter, database: letter });

describe.skipIf(!server)('on PostgreSQL, behind a connection that breaks', () => {
  const ROUNDS = 25;

  test.each([
    { moment: 'after', told: 'the writer hears that it succeeded' },
    { moment: 'before', told: 'the writer is told to repeat it' },
  ] as const)(
    'cut $moment the server got COMMIT: $told, and API, traffic and database agree',
    async ({ moment }) => {
      const setup = await setUp();
      const { api, proxy, pools } = setup;
      let id: string = (await api.create('%/load_balancers', balancer(pools.a))).id;
      let letter: string | null = 'a';

      for (let round = 1; round <= ROUNDS; round++) {
        const wanted: string | null =
          letter === null ? 'b' : round % 2 === 0 ? null : letter === 'a' ? 'b' : 'a';
        const cut = proxy.cutCommit(moment);
        const write = () => {
          if (letter === null) return api.post('%/load_balancers', balancer(pools.b));
          if (wanted === null) return api.delete(`%/load_balancers/${id}`);
          return api.patch(`%/load_balancers/${id}`, { default_pools: [wanted === 'a' ? pools.a : pools.b] });
        };
        const answer = await write();
        await cut;
        if (moment === 'after') {
          expect([round, answer.status, answer.body.errors]).toEqual([round, 200, []]);
          letter = wanted;
        } else {
          expect([round, answer.status, answer.headers.get('retry-after')]).toEqual([round, 503, '1']);
          expect(answer.body.errors[0].message).toContain('nothing was changed; repeat the request');
          expect([round, await seen(setup)]).toEqual([round, everywhere(letter)]);
          // What the client was told is true: the same request succeeds.
          const again = await write();
          expect([round, again.status]).toEqual([round, 200]);
          letter = wanted;
          if (letter !== null) id = again.body.result.id;
        }
        if (moment === 'after' && letter !== null) id = answer.body.result.id;
        expect([round, await seen(setup)]).toEqual([round, everywhere(letter)]);
      }
    },
  );

  test.each(['after', 'before'] as const)(
    'when every connection breaks with it (%s), the lock is taken again and writes go on',
    async (moment) => {
      const setup = await setUp();
      const { api, proxy, pools } = setup;
      const { id } = await api.create('%/load_balancers', balancer(pools.a));
      for (let round = 1; round <= 3; round++) {
        await api.patch(`%/load_balancers/${id}`, { default_pools: [pools.a] });
        const cut = proxy.cutCommit(moment, true);
        const answer = await api.patch(`%/load_balancers/${id}`, { default_pools: [pools.b] });
        await cut;
        expect(answer.status).toBe(moment === 'after' ? 200 : 503);
        expect(await seen(setup)).toEqual(everywhere(moment === 'after' ? 'b' : 'a'));
        await eventually(
          async () =>
            (await api.patch(`%/load_balancers/${id}`, { default_pools: [pools.a] })).status === 200,
        );
        expect(await seen(setup)).toEqual(everywhere('a'));
      }
    },
  );

  test('a commit whose fate cannot be known is told as uncertain, and what became of it is seen when the database is back', async () => {
    const setup = await setUp();
    const { api, proxy, pools } = setup;
    const { id } = await api.create('%/load_balancers', balancer(pools.a));
    const cut = proxy.cutCommit('after', true).then(() => proxy.close());
    const answer = await api.patch(`%/load_balancers/${id}`, { default_pools: [pools.b] });
    await cut;
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([503, 'false']);
    expect(answer.body.errors[0].message).toContain('read the object before you repeat');
    // Memory still serves, and says nothing about what nobody knows.
    expect((await api.get(`%/load_balancers/${id}`)).body.result.default_pools).toEqual([pools.a]);
    const refused = await api.delete(`%/load_balancers/${id}`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(refused.body.errors[0].message).toMatch(
      /changes are refused, because the connection that holds the lock/,
    );
    proxy.open();
    await eventually(async () => (await setup.traffic()) === 'b');
    expect(await seen(setup)).toEqual(everywhere('b'));
  });

  test('a token whose deletion was committed does not work, although the answer was lost', async () => {
    const { offramp, api, proxy } = await setUp();
    const { id, reader } = await createReadToken(offramp);
    expect((await reader.get('@/load_balancers/pools')).status).toBe(200);
    const cut = proxy.cutCommit('after');
    expect((await api.delete(`/user/tokens/${id}`)).status).toBe(200);
    await cut;
    expect((await reader.get('@/load_balancers/pools')).status).toBe(403);
  });

  test('a database that was put back to an earlier state is read again as a whole', async () => {
    const setup = await setUp();
    const { offramp, api, proxy, pools, database } = setup;
    const { id } = await api.create('%/load_balancers', balancer(pools.a));
    await api.patch(`%/load_balancers/${id}`, { default_pools: [pools.b] });
    await api.create('@/load_balancers/pools', {
      name: 'later',
      origins: [{ name: 'one', address: 'localhost' }],
    });
    const { reader } = await createReadToken(offramp);
    expect((await reader.get('@/load_balancers/pools')).status).toBe(200);
    expect(await seen(setup)).toEqual(everywhere('b'));
    proxy.close();
    await database.query(`begin; delete from revision where number > (select max(number) - 3 from revision);
      update load_balancer set default_pools = '["${pools.a}"]'; delete from load_balancer_pool where pool_id = '${pools.b}'; delete from pool where name = 'later';
      delete from api_token; commit`);
    proxy.open();
    await eventually(async () => (await setup.traffic()) === 'a');
    expect(await seen(setup)).toEqual(everywhere('a'));
    const names = (await api.get('@/load_balancers/pools')).body.result.map(
      ({ name }: { name: string }) => name,
    );
    expect(names).toEqual(['a', 'b']);
    expect((await reader.get('@/load_balancers/pools')).status).toBe(403);
    await eventually(
      async () => (await api.patch(`%/load_balancers/${id}`, { default_pools: [pools.b] })).status === 200,
    );
    expect(await seen(setup)).toEqual(everywhere('b'));
  });

  test('what another session has committed is followed as soon as a connection of the pool broke', async () => {
    const setup = await setUp();
    const { api, proxy, pools, database } = setup;
    await api.create('%/load_balancers', balancer(pools.a));
    const { rows } = await database.query('select id from load_balancer');
    await database.query(`begin; update load_balancer set default_pools = '["${pools.b}"]';
      insert into revision (number, changes) select max(number) + 1, '[["load_balancer", "${rows[0].id}"]]' from revision; commit`);
    expect(await setup.traffic()).toBe('a');
    proxy.close();
    proxy.open();
    await eventually(async () => (await setup.traffic()) === 'b');
    expect(await seen(setup)).toEqual(everywhere('b'));
  });
});
