// The database alone: begin, one UPDATE of one row, COMMIT, as fast as they go, in a process of its own. Arguments: the URL of
// a PostgreSQL, or the directory of an embedded database and the template that it is made of. For each message
// `{ seconds, connections }` it answers `{ seconds, latenciesMs }`.
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import pg from 'pg';

const [where, template] = process.argv.slice(2);
const TABLE = 'create table if not exists floor (id integer primary key, description text not null)';
const ROWS = "insert into floor select n, '' from generate_series(1, 8) n on conflict do nothing";
const server = where.startsWith('postgres:');
const embedded = server ? null : await openEmbedded();
let changes = 0;

process.on('message', async ({ seconds, connections }) => {
  // The embedded database has one session.
  const sessions = server ? await connect(connections) : [embedded];
  await sessions[0].run(`${TABLE}; ${ROWS}`);
  const latenciesMs = [];
  const began = performance.now();
  await Promise.all(sessions.map((session, i) => loop(session, i + 1, began + seconds * 1000, latenciesMs)));
  process.send({ seconds: (performance.now() - began) / 1000, latenciesMs });
  for (const session of sessions) await session.end();
});
process.on('disconnect', () => process.exit(0));
process.send('ready');

async function loop({ run }, row, end, latenciesMs) {
  while (performance.now() < end) {
    const sent = performance.now();
    await run(`begin; update floor set description = 'floor ${changes++}' where id = ${row}; commit`);
    latenciesMs.push(performance.now() - sent);
  }
}

function connect(count) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = new pg.Client({ connectionString: where });
      await client.connect();
      return { run: (sql) => client.query(sql), end: () => client.end() };
    }),
  );
}

/** As the program opens its own. */
async function openEmbedded() {
  const loadDataDir = new Blob([readFileSync(template)]);
  const database = await PGlite.create({ fs: new NodeFS(where), loadDataDir });
  return { run: (sql) => database.exec(sql), end: async () => undefined };
}
