import { isDeepStrictEqual } from 'node:util';
import type { LockSession, Position } from '../revisions.js';
import { WRITE_LOCK } from '../revisions.js';
import type { Definitions, Identified, Reader, Relation } from './definition.js';
import type { Changed } from './draft.js';

/** SQL with its values. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

export interface NumberedRevision extends Position {
  /** Noun and id of each object. */
  readonly changes: readonly (readonly [string, string])[];
}

type Row = Readonly<Record<string, unknown>>;

/**
 * One statement for a whole batch, which needs no transaction around it: it writes every row that differs, and numbers the revisions. When
 * `known` is not the newest revision, or `session` does not hold the lock any more, the number is null, which the table refuses: then
 * nothing is written. With a session it waits for the write lock, as all transactions that write do.
 */
export function batchStatement(
  definitions: Definitions,
  committed: Readonly<Record<string, Reader<Identified, string>>>,
  changed: Changed,
  revisions: readonly NumberedRevision[],
  known: Position,
  session: LockSession | null,
): Statement {
  const values: unknown[] = [];
  const value = (one: unknown) => `$${values.push(one)}`;
  const parts: string[] = [];
  for (const [noun, rows] of changed) {
    if (rows.size === 0) continue;
    const before = (id: string) => committed[noun]!.get(id) ?? null;
    for (const relation of definitions[noun]!.relations) {
      const { write, erase } = differences(relation, rows, before);
      if (write.length > 0) parts.push(upsert(relation, value(JSON.stringify(write))));
      if (erase.length > 0) parts.push(removal(relation, value(JSON.stringify(erase))));
    }
  }
  if (session) parts.unshift(`select pg_advisory_xact_lock(${WRITE_LOCK}) as held`);
  const steps = parts.map(
    (part, index) => `s${index} as ${session && index === 0 ? 'materialized ' : ''}(${part})`,
  );
  const numbered = `insert into revision (number, changes, transaction)
    select case when ${isNewest(known, value)}${session ? ` and ${holdsLock(session, value)}` : ''}
      then r.number end, r.changes, r.transaction
    from jsonb_to_recordset(${value(JSON.stringify(revisions.map(revisionRow)))}::jsonb)
      as r (number bigint, changes jsonb, transaction uuid)${session ? ', s0' : ''}`;
  return { sql: `${steps.length > 0 ? `with ${steps.join(',\n')}\n` : ''}${numbered}`, values };
}

const revisionRow = ({ revision, transaction, changes }: NumberedRevision) => ({
  number: revision,
  changes,
  transaction,
});

function isNewest({ revision, transaction }: Position, value: (one: unknown) => string): string {
  if (revision === 0) return 'not exists (select from revision)';
  const newest = `(select max(number) from revision) = ${value(revision)}::bigint`;
  return `${newest} and exists (select from revision where number = ${value(revision)}::bigint
      and transaction is not distinct from ${value(transaction)}::uuid)`;
}

function holdsLock(session: LockSession, value: (one: unknown) => string): string {
  return `exists (
      select from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and granted and objsubid = 1
        and pg_locks.database = (select oid from pg_database where datname = current_database())
        and classid = ${value(session.classId)}::bigint::oid and objid = ${value(session.objectId)}::bigint::oid
        and pid = ${value(session.backendPid)}::int
        and extract(epoch from backend_start)::text = ${value(session.backendStart)})`;
}

/** What the table has to write and to erase. The rows of a part are erased as well: that they would go with their object is too late for other keys. */
function differences(
  relation: Relation<unknown>,
  changed: ReadonlyMap<string, Identified | null>,
  before: (id: string) => Identified | null,
): { write: Row[]; erase: Row[] } {
  const write: Row[] = [];
  const erase: Row[] = [];
  const keyOf = (row: Row) => JSON.stringify(relation.key.map((column) => row[column]));
  for (const [id, after] of changed) {
    const old = before(id);
    const known = new Map((old ? relation.rowsOf(old) : []).map((row) => [keyOf(row), row]));
    for (const row of after ? relation.rowsOf(after) : []) {
      const same = known.get(keyOf(row));
      known.delete(keyOf(row));
      if (!same || !isDeepStrictEqual(same, row)) write.push(row);
    }
    for (const gone of known.values())
      erase.push(Object.fromEntries(relation.key.map((column) => [column, gone[column]])));
  }
  return { write, erase };
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`);

function upsert({ table, columns, key }: Relation<unknown>, rows: string): string {
  const rest = quoted(columns.filter((column) => !key.includes(column)));
  const update = rest.map((column) => `${column} = excluded.${column}`).join(', ');
  const names = quoted(columns).join(', ');
  return `insert into "${table}" (${names}) select ${names}
    from jsonb_populate_recordset(null::"${table}", ${rows}::jsonb)
    on conflict (${quoted(key).join(', ')}) do ${update === '' ? 'nothing' : `update set ${update}`}`;
}

function removal({ table, key }: Relation<unknown>, rows: string): string {
  const same = quoted(key).map((column) => `old.${column} = gone.${column}`);
  return `delete from "${table}" old using jsonb_populate_recordset(null::"${table}", ${rows}::jsonb) gone
    where ${same.join(' and ')}`;
}
