import type { Duplex } from 'node:stream';
import type { Deadlines, Waiting } from './deadlines.js';

/**
 * Carries raw bytes both ways until both sides have ended, one has failed, or nothing has moved for `idleMs`. The end of
 * one direction is passed on while the other goes on; a side that cannot be half-open, such as a tunnel, ends altogether.
 */
export function joinStreams(left: Duplex, right: Duplex, deadlines: Deadlines, idleMs: number): void {
  const waiting: Waiting = {
    deadline: deadlines.after(idleMs),
    deadlineReached: () => {
      left.destroy();
      right.destroy();
    },
  };
  deadlines.watch(waiting);
  let open = 2;

  function carry(from: Duplex, to: Duplex): void {
    from.on('data', (chunk: Buffer) => {
      waiting.deadline = deadlines.after(idleMs);
      // What comes for a side that has ended is lost.
      if (to.writable && !to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => {
      if (to.allowHalfOpen) to.end();
      else destroyWhenSent(to);
    });
    // `close` follows.
    from.on('error', () => {});
    from.on('close', () => {
      open -= 1;
      if (open === 0) deadlines.forget(waiting);
      destroyWhenSent(to);
    });
    from.resume();
  }
  carry(left, right);
  carry(right, left);
}

/** What was written before the other side closed still arrives. */
function destroyWhenSent(stream: Duplex): void {
  if (stream.destroyed) return;
  if (stream.writableFinished) stream.destroy();
  else {
    stream.end();
    stream.once('finish', () => stream.destroy());
  }
}
