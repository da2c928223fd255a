import type { Duplex } from 'node:stream';
import { endStream, onEnd, resetStream } from '../net/stream-ends.js';
import type { Deadlines, Waiting } from './deadlines.js';

/**
 * Carries raw bytes both ways until both sides have ended, one has failed, or nothing has moved for `idleMs`. The end of
 * one direction is passed on behind its last byte, while the other goes on. When a side fails, or nothing moves, the other
 * one is reset: only a side that has been given everything sees an end.
 */
export function joinStreams(client: Duplex, origin: Duplex, deadlines: Deadlines, idleMs: number): void {
  const waiting: Waiting = {
    deadline: deadlines.after(idleMs),
    deadlineReached: () => {
      resetStream(client);
      resetStream(origin);
    },
  };
  deadlines.watch(waiting);
  let open = 2;

  function carry(from: Duplex, to: Duplex): void {
    let ended = false;
    from.on('data', (chunk: Buffer) => {
      waiting.deadline = deadlines.after(idleMs);
      // What comes for a side that has ended is lost.
      if (to.writable && !to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      waiting.deadline = deadlines.after(idleMs);
      from.resume();
    });
    onEnd(from, () => {
      ended = true;
      to.end();
    });
    // `close` follows.
    from.on('error', () => {});
    from.on('close', () => {
      open -= 1;
      if (open === 0) deadlines.forget(waiting);
      // What ended before its side failed is whole, and is delivered.
      if (ended) endStream(to);
      else resetStream(to);
    });
    from.resume();
  }
  carry(client, origin);
  carry(origin, client);
}
