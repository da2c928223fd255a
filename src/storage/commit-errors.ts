import { realTime } from '../net/clock.js';
/** What became of a write, beside what the database itself says. Each is a row in the API's table of errors. */
export class CommitUncertain extends Error {
  /** The answer to the commit was lost, and until the deadline the database could not be asked whether it took place. */
  override readonly name = 'CommitUncertain';
}

/** The connection broke before the commit took place: nothing was changed. */
export class CommitFailed extends Error {
  override readonly name = 'CommitFailed';
}

/** Writes are refused: another process may be writing. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

/** It took too long until the database could be used. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** Rejects with DatabaseAway after `ms`; the promise goes on. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let cancel = () => {};
  const expired = new Promise<never>((_resolve, reject) => {
    const late = () => reject(new DatabaseAway('the database did not answer in time'));
    cancel = realTime.after(ms, late, { keepsAlive: true });
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    cancel();
    promise.catch(() => undefined);
  }
}
