import type { Duplex } from 'node:stream';
import { endStream, onEnd, resetStream } from '../net/stream-ends.js';
import { type Deadlines, NEVER, type Waiting } from './deadlines.js';
import { ReadAhead } from './read-ahead.js';

/** Milliseconds. */
export interface JoinTimeouts {
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** How often a client that the origin makes wait is looked at, whether it is still there. */
  readonly lookMs: number;
}

/**
 * Carries raw bytes both ways until both sides have ended, one has failed, or nothing has moved for `idleMs`. The end of
 * one direction is passed on behind its last byte, while the other goes on. When a side fails, or nothing moves, the other
 * one is reset: only a side that has been given everything sees an end.
 */
export function joinStreams(
  client: Duplex,
  origin: Duplex,
  deadlines: Deadlines,
  { idleMs, lookMs }: JoinTimeouts,
): void {
  const waiting: Waiting = {
    deadline: deadlines.after(idleMs),
    deadlineReached: () => {
      resetStream(client);
      resetStream(origin);
    },
  };
  deadlines.watch(waiting);
  const readAhead = new ReadAhead(client);
  const look: Waiting = {
    deadline: NEVER,
    deadlineReached: () => {
      look.deadline = deadlines.after(lookMs);
      readAhead.look();
    },
  };
  deadlines.watch(look);
  let open = 2;

  function carry(from: Duplex, to: Duplex): void {
    let ended = false;
    from.on('data', (chunk: Buffer) => {
      waiting.deadline = deadlines.after(idleMs);
      // What comes for a side that has ended is lost.
      if (from === client) readAhead.took(chunk.length);
      if (to.writable && !to.write(chunk)) pause(from);
    });
    to.on('drain', () => {
      waiting.deadline = deadlines.after(idleMs);
      if (from === client) stopLooking();
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
      if (open === 0 || from === client) {
        stopLooking();
        deadlines.forget(look);
      }
      // What ended before its side failed is whole, and is delivered.
      if (ended) endStream(to);
      else resetStream(to);
    });
    from.resume();
  }

  function pause(from: Duplex): void {
    if (from === client) look.deadline = deadlines.after(lookMs);
    if (from !== client || !readAhead.looking) from.pause();
  }

  function stopLooking(): void {
    look.deadline = NEVER;
    readAhead.release();
  }
  carry(client, origin);
  carry(origin, client);
}
