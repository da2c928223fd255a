import type { Duplex } from 'node:stream';

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
