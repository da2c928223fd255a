import type { Logger } from 'pino';
import { StartFailure } from '../config/start-failure.js';
import { realTime } from '../net/clock.js';
import type { WriterLock } from './commits.js';
import { connectForLock, describeHolder, type LockConnection, type LockHolder } from './lock-connection.js';
import { refuseSharedSession, SharedSession } from './pooler.js';

/** Another process holds the lock. */
export class DatabaseInUse extends StartFailure {
  override readonly name = 'DatabaseInUse';
}

/** The lock that a process holds as long as it runs: there is one Offramp for each database and schema. */
export interface SessionLock extends WriterLock {
  /** Called at once when the lock is lost, and when it is held again. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export interface SessionLockOptions {
  readonly url: string;
  /** Null refuses to wait. Called when another process holds the lock, with a question for who that is at the moment. */
  readonly onStandby: ((holder: () => Promise<LockHolder | null>) => Promise<void>) | null;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** Milliseconds that a start waits for a process that has just been killed or stopped, and that a standby waits before it says so. */
const PATIENCE_MS = 3_000;
const STANDBY_PATIENCE_MS = 10;
/** Milliseconds between two looks at the lock, and until one must be answered. */
const VERIFY_MS = 2_000;
const VERIFY_TIMEOUT_MS = 5_000;
/** Milliseconds between two attempts to connect; doubled up to the second. */
const RETRY_MS = [100, 5_000] as const;

const BROKEN = 'the connection that holds the lock of the database broke, and the lock is being taken again';

/**
 * Takes the lock, waiting for it as a standby where that is allowed, and keeps it. Throws DatabaseInUse when another process holds it, and
 * SharedSession where no lock can be held.
 */
export async function takeSessionLock(options: SessionLockOptions): Promise<SessionLock> {
  const { url, onStandby, log } = options;
  const started = new Date(realTime.now());
  const listeners: (() => void)[] = [];
  let connection: LockConnection | null = null;
  let held = false;
  let checked = false;
  let closed = false;
  let problem = '';
  let cancelVerify = () => {};

  /** One attempt. `onTaken` throws, or returns to wait for as long as it takes. */
  async function attempt(
    patienceMs: number,
    onTaken: (taken: LockConnection) => Promise<void>,
  ): Promise<void> {
    const made = await connectForLock(url, started);
    connection = made;
    try {
      if (!checked) await refuseSharedSession(made.client, url);
      checked = true;
      if (!(await made.take(patienceMs))) {
        await onTaken(made);
        await made.take(0);
      }
    } catch (error) {
      await made.end();
      throw error;
    }
    if (closed) return await made.end();
    held = true;
    made.client.once('end', () => lost(made));
    cancelVerify = realTime.after(VERIFY_MS, verify, { keepsAlive: true });
  }

  async function first(): Promise<void> {
    const patienceMs = onStandby ? STANDBY_PATIENCE_MS : PATIENCE_MS;
    let waited = false;
    const onTaken = async (taken: LockConnection) => {
      const holder = await taken.holder();
      if (!onStandby) throw inUse(holder);
      if (!waited) await onStandby(() => askForHolder(url, started));
      waited = true;
    };
    await attempt(patienceMs, onTaken).catch(async (error) => {
      if (!waited) throw error;
      log.warn({ err: error }, 'standby lost its connection to the database');
      await insist(onTaken);
    });
  }

  /** Until it succeeds. */
  async function insist(onTaken: (taken: LockConnection) => Promise<void>): Promise<void> {
    for (let delay: number = RETRY_MS[0]; !held && !closed; delay = Math.min(delay * 2, RETRY_MS[1])) {
      await attempt(STANDBY_PATIENCE_MS, onTaken).catch(async (error: Error) => {
        problem = error instanceof SharedSession ? error.message : BROKEN;
        if (delay === RETRY_MS[0])
          log.warn({ err: error }, 'lock of the database cannot be taken; trying again');
        await realTime.wait(delay);
      });
    }
  }

  function lost(broken: LockConnection): void {
    if (!held || broken !== connection) return;
    held = false;
    cancelVerify();
    if (closed) return;
    problem = BROKEN;
    for (const listener of listeners) listener();
    log.error({}, 'lock of the database is lost: writes are refused until it is held again');
    void regain();
  }

  async function regain(): Promise<void> {
    const broken = connection!.session.backendPid;
    await insist(async (taken) => {
      const holder = await taken.holder();
      // The database has not noticed yet that the connection broke.
      if (holder?.backendPid === broken) return;
      problem = `another Offramp holds the lock of the database, ${describeHolder(holder)}`;
      log.error({ holder }, 'another Offramp has taken the database over: stop one of the two');
    });
    if (!held) return;
    log.warn({}, 'lock of the database is held again');
    for (const listener of listeners) listener();
  }

  async function verify(): Promise<void> {
    cancelVerify();
    const looked = connection!;
    const fine = await looked.isHeld(VERIFY_TIMEOUT_MS).catch(() => false);
    if (!held || looked !== connection) return;
    cancelVerify();
    if (!fine) {
      looked.destroy();
      lost(looked);
      return;
    }
    cancelVerify = realTime.after(VERIFY_MS, verify, { keepsAlive: true });
  }

  await first();
  return {
    get session() {
      return held ? connection!.session : null;
    },
    get problem() {
      return problem;
    },
    verify: () => void verify(),
    onChange: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      cancelVerify();
      await connection?.end();
    },
  };
}

function inUse(holder: LockHolder | null): DatabaseInUse {
  const who = describeHolder(holder);
  return new DatabaseInUse(
    `the database is in use by another running Offramp, ${who}; stop that one, give this one its own database or schema, or start it with --standby to take over when the other ends`,
  );
}

async function askForHolder(url: string, started: Date): Promise<LockHolder | null> {
  const asking = await connectForLock(url, started);
  try {
    return await asking.holder();
  } finally {
    await asking.end();
  }
}
