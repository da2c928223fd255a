import { realTime } from '../net/real-time.js';
import { CODE, SessionError } from './errors.js';

export type PingCallback = (error: Error | null, durationMs: number, payload: Buffer) => void;

/** The pings of a session that wait for their answers. */
export interface Pings {
  /** The payload of a new ping; null when too many are under way. */
  start(callback: PingCallback): Buffer | null;
  /** An answer to a ping that was never sent means nothing. */
  answered(payload: Buffer): void;
  /** No answer will come. */
  fail(error: Error | undefined): void;
}

const MAX_PINGS = 10;

export function createPings(): Pings {
  const waiting = new Map<number, { readonly startedAt: number; readonly callback: PingCallback }>();
  let last = 0;

  return {
    start(callback) {
      if (waiting.size >= MAX_PINGS) return null;
      last = (last + 1) % 2 ** 32;
      waiting.set(last, { startedAt: realTime.monotonic(), callback });
      const payload = Buffer.alloc(8);
      payload.writeUInt32BE(last, 4);
      return payload;
    },
    answered(payload) {
      const number = payload.readUInt32BE(4);
      const ping = payload.readUInt32BE(0) === 0 ? waiting.get(number) : undefined;
      if (!ping) return;
      waiting.delete(number);
      ping.callback(null, realTime.monotonic() - ping.startedAt, payload);
    },
    fail(error = new SessionError(CODE.CANCEL, 'the session is over')) {
      const all = [...waiting.values()];
      waiting.clear();
      for (const { startedAt, callback } of all)
        process.nextTick(callback, error, realTime.monotonic() - startedAt, Buffer.alloc(8));
    },
  };
}
