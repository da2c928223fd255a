// The same requests with few and with very many pools: what grows with the number of objects, and what must not.
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { runLoad } from '../support/load.mjs';
import { percentile, table } from '../support/numbers.mjs';
import { requestText, startOfframp, temporaryDirectory } from '../support/offramp.mjs';

const FEW = 10;
const ORIGINS = 10;
const PATCHES = 400;
const GETS = 6000;

/** Answers a table: `many` pools next to ten, ten origins each. */
export async function measureScale(database, createDatabase, many) {
  const few = await measureWith(FEW, createDatabase);
  const lot = await measureWith(many, createDatabase);
  const rows = [['', `${FEW} pools`, `${many} pools`, 'ratio']];
  for (const name of Object.keys(few)) {
    const ratio = lot[name] / few[name];
    rows.push([name, few[name].toFixed(2), lot[name].toFixed(2), ratio.toFixed(2)]);
  }
  return `${database}, ${ORIGINS} origins in each pool (goal: p99 of GET and PATCH within 2 x)\n\n${table(rows)}\n`;
}

async function measureWith(pools, createDatabase) {
  const dataDir = temporaryDirectory();
  const databaseUrl = createDatabase ? await createDatabase() : null;
  // The first start makes the tables and the account.
  const empty = await startOfframp({ dataDir, databaseUrl });
  await empty.stop();
  await fill(dataDir, databaseUrl, empty.pools.split('/')[4], pools);
  const offramp = await startOfframp({ dataDir, databaseUrl });
  const figures = await measureRequests(offramp, pools);
  await offramp.stop();
  return figures;
}

async function measureRequests(offramp, pools) {
  const target = (i) => `${offramp.pools}/${idOf(i)}`;
  const some = Array.from({ length: FEW }, (_, i) => Math.floor((i * pools) / FEW) + 1);
  const gets = await timed(
    offramp,
    GETS,
    some.map((i) => requestText('GET', target(i))),
  );
  const patches = await timed(
    offramp,
    PATCHES,
    [0.5, 1].flatMap((weight) =>
      some.map((i) => requestText('PATCH', target(i), { origins: originsOf(i, weight) })),
    ),
  );
  const page = await timed(offramp, 200, [requestText('GET', `${offramp.pools}?per_page=50&page=2`)]);
  const all = await timed(offramp, 3, [requestText('GET', offramp.pools)]);
  const search = await timed(offramp, 40, [
    requestText('GET', offramp.pools.replace('pools', 'search?query=pool-7')),
  ]);
  return {
    'ready ms': offramp.readyMs,
    'memory MiB': residentMiB(offramp.pid),
    ...gets('GET a pool'),
    ...patches('PATCH a pool'),
    ...page('GET page 2 of 50'),
    ...search('search'),
    ...all('GET all pools'),
  };
}

/** One connection, after a tenth as many to warm up. Answers how to name its p50 and p99 in ms. */
async function timed({ port }, requests, texts) {
  await runLoad({ port, requests: Math.ceil(requests / 10), connections: [texts] });
  const { latenciesMs } = await runLoad({ port, requests, connections: [texts] });
  return (name) => ({
    [`${name}, p50 ms`]: percentile(latenciesMs, 0.5),
    [`${name}, p99 ms`]: percentile(latenciesMs, 0.99),
  });
}

const idOf = (pool) => pool.toString(16).padStart(32, '0');

const addressOf = (pool, origin) => `9.${pool >> 8}.${pool & 255}.${origin}`;

const originsOf = (pool, weight) =>
  Array.from({ length: ORIGINS }, (_, i) => ({
    name: `origin-${i + 1}`,
    address: addressOf(pool, i + 1),
    weight,
  }));

/** Straight into the tables: through the API it would take minutes. */
async function fill(dataDir, databaseUrl, accountId, pools) {
  const statements = [
    `insert into pool (id, account_id, name, description, enabled, minimum_origins, notification_email, created_on, modified_on)
     select lpad(to_hex(p), 32, '0'), '${accountId}', 'pool-' || p, '', true, 1, '', now(), now() from generate_series(1, ${pools}) p`,
    `insert into origin (pool_id, position, account_id, name, address, ip, enabled, weight, port, flatten_cname)
     select lpad(to_hex(p), 32, '0'), o - 1, '${accountId}', 'origin-' || o, a, a, true, 1, 0, true
     from generate_series(1, ${pools}) p, generate_series(1, ${ORIGINS}) o,
       lateral (select '9.' || (p >> 8) || '.' || (p & 255) || '.' || o as a) address`,
    'analyze',
  ];
  if (databaseUrl) {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    return await client.end();
  }
  const db = await PGlite.create(`${dataDir}/database`);
  for (const statement of statements) await db.exec(statement);
  await db.close();
}

function residentMiB(pid) {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}
