import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.js';
import { migrate } from './migrate.js';
import { createMutex } from './mutex.js';
import { type PgliteLink, startPglite } from './pglite-link.js';
import { type Commit, type CommitListener, nextRevision, takeWriteLock } from './revisions.js';
import { createStatementNames } from './statement-names.js';

export type { Commit, CommitListener };

/** What reads take: the client of a transaction, or the one outside of any. */
export type Client = Prisma.TransactionClient;

/** What a transaction's work gets: the client of that transaction, and where it names what it changed. */
export interface Tx {
  readonly db: Client;
  /** Every object whose new state the data plane must see. Naming nothing means nothing was changed. */
  changed(noun: string, id: string): void;
}

export interface Database {
  readonly kind: 'postgres' | 'embedded';
  /** Names of the migrations that this start applied. */
  readonly migrated: readonly string[];
  readonly read: PrismaClient;
  /**
   * Runs `work` in one transaction that no other writer overlaps, on any node, and resolves when the commit listener is
   * done with its revision (so that the data plane follows before the client hears of it). Whatever `work` throws rolls
   * back.
   */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  onCommit(listener: CommitListener): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A `postgres://` URL; without it the embedded database is used. */
  readonly url: string | null;
  /** Directory of the embedded database, or null to keep it in memory. */
  readonly dataDir: string | null;
}

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
/** Writers beyond this are refused rather than piled up in memory. */
const MAX_WAITING_WRITERS = 4096;
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 15_000 };

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const embedded = options.url === null ? await startPglite(options.dataDir ?? 'memory://') : null;
  const pool = new pg.Pool(embedded ? embeddedPool(embedded) : serverPool(options.url!));
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  try {
    const migrated = await migrate(pool, MIGRATIONS);
    return assemble(pool, embedded, migrated);
  } catch (error) {
    await pool.end().catch(() => undefined);
    await embedded?.close();
    throw error;
  }
}

/** PGlite has one session, so there is one connection, and it never ends by itself. */
function embeddedPool(link: PgliteLink): pg.PoolConfig {
  const stream = () => link.connect();
  return {
    stream,
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idleTimeoutMillis: 0,
  } as unknown as pg.PoolConfig;
}

/** A server that has frozen, or is lost behind a silent network, must not keep requests waiting for ever. */
function serverPool(url: string): pg.PoolConfig {
  return { connectionString: url, max: 10, connectionTimeoutMillis: 10_000, query_timeout: 20_000 };
}

function assemble(pool: pg.Pool, embedded: PgliteLink | null, migrated: readonly string[]): Database {
  // A server may be behind a pooler that hands out another session for each transaction; the embedded one never is.
  const naming = embedded ? { statementNameGenerator: createStatementNames() } : {};
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, naming) });
  const oneAtATime = createMutex(MAX_WAITING_WRITERS);
  let listener: CommitListener = async () => async () => undefined;

  async function commit<T>(
    work: (tx: Tx) => Promise<T>,
  ): Promise<{ value: T; followUp?: () => Promise<void> }> {
    return await prisma.$transaction(async (db) => {
      // The embedded database has one process with one session: the mutex alone keeps its writers apart.
      if (!embedded) await takeWriteLock(db);
      const changes: [string, string][] = [];
      const value = await work({ db, changed: (noun, id) => changes.push([noun, id]) });
      if (changes.length === 0) return { value };
      return { value, followUp: await listener(db, await nextRevision(db, changes)) };
    }, TRANSACTION_LIMITS);
  }

  return {
    kind: embedded ? 'embedded' : 'postgres',
    migrated,
    read: prisma,
    async transact(work) {
      const { value, followUp } = await oneAtATime(() => commit(work));
      await followUp?.();
      return value;
    },
    onCommit(next) {
      listener = next;
    },
    async close() {
      await prisma.$disconnect();
      await pool.end().catch(() => undefined);
      await embedded?.close();
    },
  };
}
