import type { Socket } from 'node:net';
import { realTime } from '../../net/clock.js';
import { ApiError } from '../errors.js';

/** What has come after the first `after` and fits; see `RequestLog`. */
export interface Look {
  readonly count: number;
  readonly added: number;
  readonly cleared: number;
}

/** Of one who waits: how much, how long at most, and the connection that they wait on. */
export interface Wish {
  readonly wanted: number;
  readonly timeoutMs: number;
  readonly socket: Pick<Socket, 'destroyed'>;
}

/** Between two looks. */
const LOOK_MS = 40;
/** Clients that wait at once. */
const MAX_WAITING = 100;

/** Resolves when so many fit, when the time is over, or when the client has gone. Throws when too many wait already. */
export type Await = (look: (after: number) => Promise<Look>, wish: Wish) => Promise<void>;

export function createAwait(): Await {
  let waiting = 0;

  /** Each look is at what has come since the one before. */
  async function untilFound(look: (after: number) => Promise<Look>, wanted: number, isOver: () => boolean) {
    let [after, found] = [0, 0];
    while (!isOver()) {
      const { count, added, cleared } = await look(after);
      found = cleared > after ? count : found + count;
      after = added;
      if (found >= wanted) return;
      await realTime.wait(LOOK_MS, { keepsAlive: true });
    }
  }

  return async (look, { wanted, timeoutMs, socket }) => {
    if (waiting >= MAX_WAITING)
      throw new ApiError('overloaded', `${waiting} clients wait for requests already, and no more may`);
    waiting += 1;
    const end = realTime.monotonic() + timeoutMs;
    await untilFound(look, wanted, () => realTime.monotonic() >= end || socket.destroyed).finally(() => {
      waiting -= 1;
    });
  };
}
