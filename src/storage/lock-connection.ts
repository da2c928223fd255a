import { createHash } from 'node:crypto';
import os from 'node:os';
import pg from 'pg';
import { realTime } from '../net/clock.js';
import type { LockSession } from './revisions.js';

/** Who holds the lock of a database. */
export interface LockHolder {
  /** Of that Offramp; null when the database does not show its sessions to this user. */
  readonly host: string | null;
  readonly pid: number | null;
  /** RFC 3339. */
  readonly started: string | null;
  /** Of its session in the database. */
  readonly backendPid: number;
  /** Where that session comes from; null for a Unix socket. */
  readonly address: string | null;
}

/** A connection of its own, outside the pool, on which the lock is taken and which is watched. */
export interface LockConnection {
  readonly client: pg.Client;
  readonly session: LockSession;
  /** Waits for the lock for `ms` at most, 0 for as long as it takes; whether it is held now. */
  take(ms: number): Promise<boolean>;
  /** Rejects when the database does not answer in `ms`. */
  isHeld(ms: number): Promise<boolean>;
  holder(): Promise<LockHolder | null>;
  /** Ends it, so that the database gives the lock to the next; at once when the database does not answer. */
  end(): Promise<void>;
  /** Breaks it off. */
  destroy(): void;
}

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;
const KEEPALIVE_AFTER = 5_000;
const END_TIMEOUT = 1_000;
/** Characters of an application name; the database cuts off the rest. */
const NAME_LENGTH = 63;

/**
 * With the first five a server notices within about 15 s that this end is gone without a word, also while the session waits for the lock.
 * Where a platform lacks one of them, the others are set all the same. A timeout that an administrator has set for all sessions would
 * end the one that holds the lock.
 */
const SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['tcp_keepalives_idle', '5'],
  ['tcp_keepalives_interval', '3'],
  ['tcp_keepalives_count', '3'],
  ['tcp_user_timeout', '15000'],
  ['client_connection_check_interval', '5000'],
  ['idle_session_timeout', '0'],
  ['statement_timeout', '0'],
  ['lock_timeout', '0'],
];

/** Advisory locks of one key in this database, as `pg_locks` shows them. */
const HELD = `locktype = 'advisory' and granted and objsubid = 1 and classid = $1::bigint::oid and objid = $2::bigint::oid
  and pg_locks.database = (select oid from pg_database where datname = current_database())`;

const setting = ([name, value]: (typeof SETTINGS)[number]) => `set_config('${name}', '${value}', false)`;

const applicationName = (started: Date) =>
  `offramp ${process.pid} ${started.toISOString().replace(/\.\d+/, '')} ${os.hostname()}`.slice(
    0,
    NAME_LENGTH,
  );

/** Opens the connection and says on it who this process is. */
export async function connectForLock(url: string, started: Date): Promise<LockConnection> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER,
  });
  // Every query in flight is told as well; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query("select set_config('application_name', $1, false)", [applicationName(started)]);
    await client.query(`select ${SETTINGS.map(setting).join()}`).catch(async () => {
      for (const one of SETTINGS) await client.query(`select ${setting(one)}`).catch(() => undefined);
    });
    return lockConnection(client, await describe(client));
  } catch (error) {
    streamOf(client).destroy();
    throw error;
  }
}

interface Described extends LockSession {
  readonly key: string;
}

async function describe(client: pg.Client): Promise<Described> {
  const { rows } = await client.query<{ database: string; schema: string; pid: number; start: string }>(
    `select current_database() as database, current_schema() as schema, pid,
       extract(epoch from backend_start)::text as start from pg_stat_activity where pid = pg_backend_pid()`,
  );
  const { database, schema, pid, start } = rows[0]!;
  const digest = createHash('sha256').update(`offramp ${database} ${schema}`).digest();
  return {
    key: digest.readBigInt64BE(0).toString(),
    classId: digest.readUInt32BE(0),
    objectId: digest.readUInt32BE(4),
    backendPid: pid,
    backendStart: start,
  };
}

function lockConnection(client: pg.Client, session: Described): LockConnection {
  const key = [session.classId, session.objectId];
  return {
    client,
    session,
    async take(ms) {
      try {
        await client.query("select set_config('lock_timeout', $1, false)", [String(ms)]);
        await client.query('select pg_advisory_lock($1::bigint)', [session.key]);
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === '55P03') return false;
        throw error;
      }
    },
    async isHeld(ms) {
      const { rows } = await client.query<{ held: boolean }>({
        text: `select pg_backend_pid() = $3 and exists (select from pg_locks where ${HELD} and pid = $3) as held`,
        values: [...key, session.backendPid],
        query_timeout: ms,
      } as pg.QueryConfig);
      return rows[0]!.held;
    },
    async holder() {
      const { rows } = await client.query<HolderRow>(
        `select pg_locks.pid, application_name as name, host(client_addr) as address
         from pg_locks left join pg_stat_activity using (pid) where ${HELD}`,
        key,
      );
      return rows[0] ? holderOf(rows[0]) : null;
    },
    async end() {
      const cancel = realTime.after(END_TIMEOUT, () => streamOf(client).destroy(), { keepsAlive: true });
      await client.end().catch(() => undefined);
      cancel();
    },
    destroy: () => streamOf(client).destroy(),
  };
}

interface HolderRow {
  readonly pid: number;
  readonly name: string | null;
  readonly address: string | null;
}

function holderOf({ pid: backendPid, name, address }: HolderRow): LockHolder {
  const [, pid = null, started = null, host = null] = /^offramp (\d+) (\S+) (.+)$/.exec(name ?? '') ?? [];
  return { host, pid: pid === null ? null : Number(pid), started, backendPid, address };
}

/** For a person. */
export function describeHolder(holder: LockHolder | null): string {
  if (!holder) return 'which has ended meanwhile';
  const { host, pid, started, backendPid, address } = holder;
  if (host !== null) return `on host ${host}, process ${pid}, started ${started}`;
  return `whose name this database user may not see: database session ${backendPid} from ${address ?? 'the same machine'}`;
}

/** `pg` offers no way to break off a connection whose other end does not answer. */
const streamOf = (client: pg.Client) =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
