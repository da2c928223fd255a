import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from 'pino';
import { realTime } from '../net/clock.js';
import { type Commits, createCommits, type DatabaseClient } from './commits.js';
import { databaseProblem } from './database-problem.js';
import { PrismaClient } from './generated/client.js';
import type { LockHolder } from './lock-connection.js';
import { migrate } from './migrate.js';
import { embeddedFailure, serverFailure } from './open-failure.js';
import { type PgliteLink, startPglite } from './pglite-link.js';
import type { Commit, CommitListener, Position } from './revisions.js';
import { type SessionLock, takeSessionLock } from './session-lock.js';
import { createStatementNames } from './statement-names.js';

export type { Commit, CommitListener, DatabaseClient, LockHolder };

export interface Database {
  readonly kind: 'postgres' | 'embedded';
  /** Names of the migrations that this start applied. */
  readonly migrated: readonly string[];
  readonly read: PrismaClient;
  /** Commits what a batch of writes has changed in memory; see `writer.ts`. */
  readonly commitBatch: Commits['commitBatch'];
  /** Replaces everything that is stored, see `contents.ts`. */
  readonly replace: Commits['replace'];
  /**
   * Writes what is no configuration and numbers no revision. While the database is not available it waits, and begins again
   * when the connection breaks, so what has no key of its own may then be written twice. Throws after a minute, or when `drain` is called.
   */
  record<T>(write: (db: DatabaseClient) => Promise<T>): Promise<T>;
  /** `listener` brings memory up to date where it is behind; what was committed since `from` was read is looked for at once. */
  onCommit(listener: CommitListener, from?: Position): void;
  /**
   * Memory is known to be at the newest revision and no other process can write. False while the lock of the database is lost, or
   * the database has not been compared with memory since a connection to it broke.
   */
  isCurrent(): boolean;
  /** Resolves when `isCurrent`; rejects when it is not after `ms`. */
  whenCurrent(ms: number): Promise<void>;
  /** From now on nothing waits for a database that is away. */
  drain(): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A `postgres://` URL; without it the embedded database is used. */
  readonly url: string | null;
  /** Directory of the embedded database, or null to keep it in memory. */
  readonly dataDir: string | null;
  /**
   * Waits while another process has the database, instead of refusing to start. Called when that is so, with a question for who it is at
   * the moment. The embedded database has the lock of its directory instead.
   */
  readonly onStandby?: ((holder: () => Promise<LockHolder | null>) => Promise<void>) | null;
  readonly log?: Pick<Logger, 'warn' | 'error'>;
}

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
/** Milliseconds that a record waits for the database. */
const RECORD_PATIENCE_MS = 60_000;
/** Milliseconds after which the server ends a transaction of ours whose next statement does not come, and gives its locks back. */
const IDLE_IN_TRANSACTION_MS = 20_000;
const NO_LOG = { warn: () => undefined, error: () => undefined };

/**
 * On PostgreSQL takes the lock of the database before anything else, so that no other process has it while it is migrated. Throws DatabaseInUse
 * or SharedSession where that is impossible, and StartFailure where the database cannot be used.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  try {
    return await open(options);
  } catch (error) {
    throw options.url === null ? error : (serverFailure(error, options.url) ?? error);
  }
}

async function open(options: DatabaseOptions): Promise<Database> {
  const { url, dataDir, onStandby = null, log = NO_LOG } = options;
  const embedded = url === null ? await startEmbedded(dataDir) : null;
  const lock = url === null ? null : await takeSessionLock({ url, onStandby, log });
  const pool = new pg.Pool(embedded ? embeddedPool(embedded) : serverPool(url!));
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  const release = async () => {
    await pool.end().catch(() => undefined);
    await lock?.close();
    await embedded?.close();
  };
  try {
    const migrated = await migrate(pool, MIGRATIONS);
    return assemble(pool, embedded !== null, lock, log, migrated, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function startEmbedded(dataDir: string | null): Promise<PgliteLink> {
  return await startPglite(dataDir ?? 'memory://').catch((error: Error) => {
    throw dataDir === null ? error : embeddedFailure(error, dataDir);
  });
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
  return {
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    query_timeout: 20_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    Client: ServerClient,
    onConnect: limitIdleTransactions,
  } as pg.PoolConfig;
}

/** A connection whose query was given up still waits for that answer: it is broken off rather than lent to the next. */
class ServerClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of `query` have nothing in common.
  override query(...args: any[]): any {
    // biome-ignore lint/suspicious/noExplicitAny: see above.
    const result = (super.query as any)(...args);
    if (result instanceof Promise) {
      result.catch((error: Error) => {
        if (databaseProblem(error) === 'database_timeout' && !('code' in error)) this.#breakOff();
      });
    }
    return result;
  }

  #breakOff(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

function assemble(
  pool: pg.Pool,
  embedded: boolean,
  lock: SessionLock | null,
  log: Pick<Logger, 'warn'>,
  migrated: readonly string[],
  release: () => Promise<void>,
): Database {
  // Only where a session is sure to keep the statements that were prepared in it, which one behind a pooler is not.
  const statementNames = embedded ? createStatementNames() : null;
  const naming = statementNames ? { statementNameGenerator: statementNames } : {};
  const onConnectionError = () => commits.suspect();
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { ...naming, onConnectionError }) });
  const commits: Commits = createCommits({ prisma, pool, statementNames, lock, log });
  pool.on('error', onConnectionError);
  lock?.onChange(() => commits.suspect());

  return {
    kind: embedded ? 'embedded' : 'postgres',
    migrated,
    read: prisma,
    commitBatch: commits.commitBatch,
    replace: commits.replace,
    async record(write) {
      const deadline = realTime.monotonic() + RECORD_PATIENCE_MS;
      for (let delay = 100; ; delay = Math.min(delay * 2, 5_000)) {
        await commits.whenCurrent(deadline - realTime.monotonic());
        try {
          return await write(prisma);
        } catch (error) {
          if (databaseProblem(error) === null || realTime.monotonic() > deadline) throw error;
        }
        await realTime.wait(delay);
      }
    },
    onCommit: commits.onCommit,
    isCurrent: commits.isCurrent,
    whenCurrent: commits.whenCurrent,
    drain: commits.close,
    async close() {
      commits.close();
      await prisma.$disconnect();
      await release();
    },
  };
}

/** The write lock of a transaction whose client is lost behind a silent network must come free. */
async function limitIdleTransactions(client: pg.ClientBase): Promise<void> {
  await client.query(`set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`);
}
