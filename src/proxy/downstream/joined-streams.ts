import type { Duplex } from 'node:stream';
import { endStream, onEnd, resetStream } from '../../net/stream-ends.js';
import { type Deadlines, NEVER, type Waiting } from '../limits.js';

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

/** Bytes that may be read of all clients of this process together while their origins take nothing. */
const MAX_TOTAL_BYTES = 96 * 1024 * 1024;
/** Of one look: about what two systems keep in their buffers for one connection. */
const LOOK_BYTES = 4 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

let totalBytes = 0;

/**
 * Finds out whether a client is still there while its origin takes nothing and it is therefore not read: Node tells neither
 * FIN nor RST of such a socket. A write of no bytes fails after a reset. FIN comes behind everything that the client's system
 * still holds, which does not move while our window is closed, so the only way to see it is to read on, a few MiB at each
 * look. These bytes wait for the origin with the others. All clients together may have so many waiting, and each of them half
 * of what is left: when that is used up, a client that has gone without a reset is noticed by timeouts alone. (The tables
 * below /proc/net show no more than the write does.)
 */
export class ReadAhead {
  private held = 0;
  private granted = 0;

  constructor(private readonly client: Duplex) {}

  look(): void {
    const { client } = this;
    if (client.writable && client.writableLength === 0) client.write(NOTHING);
    this.granted = Math.min(LOOK_BYTES, (MAX_TOTAL_BYTES - totalBytes - this.held) / 2);
    if (this.granted > 0 && !client.destroyed) client.resume();
  }

  /** The look is not over: the client is read on. */
  get looking(): boolean {
    return this.granted > 0;
  }

  /** Bytes have been read. */
  took(bytes: number): void {
    if (this.granted <= 0) return;
    this.granted -= bytes;
    this.held += bytes;
    totalBytes += bytes;
  }

  /** The origin has taken what waited, or nobody waits any more. */
  release(): void {
    totalBytes -= this.held;
    this.held = 0;
    this.granted = 0;
  }
}
