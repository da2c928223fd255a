import type { OnReadOpts, Socket } from 'node:net';
import type { OriginReads, TakeBytes } from './contract.js';

/** What most responses fit into: one block for all sockets, since each read is over before the next begins. */
const SHARED_BYTES = 128 * 1024;
/** Of the block that a socket has for itself while a long body streams: fewer reads and writes for each byte. */
const OWN_BYTES = 256 * 1024;
/** Of such blocks, so many at once: a client that does not read keeps one. Who gets none goes on with the shared one, whose bytes are copied. */
const MAX_OWN = 256;
/** Blocks that wait for the next long body. */
const MAX_SPARE = 32;

const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
const spare: Buffer[] = [];
let owned = 0;

/** Whether the bytes lie where any socket may read next. */
export const isShared = (bytes: Buffer) => bytes.buffer === shared.buffer;

/**
 * Reads of one socket into memory that is there already, instead of a new buffer for each. Given to the socket as its option
 * `onread`; until somebody wants the bytes lent, they come with the event `data` like any others.
 */
export class LentReads implements OriginReads {
  readonly lends = true;
  streaming = false;
  held = false;
  private take: TakeBytes | null = null;
  private socket: Socket | null = null;
  private own: Buffer | null = null;

  readonly onread: OnReadOpts = {
    buffer: () => this.next(),
    callback: (length, bytes) => {
      const read = (bytes as Buffer).subarray(0, length);
      if (this.take) this.take(read);
      else return this.socket!.push(Buffer.from(read));
      return true;
    },
  };

  of(socket: Socket): void {
    this.socket = socket;
    socket.once('close', () => {
      if (this.own !== null) owned -= 1;
      this.own = null;
    });
  }

  handTo(take: TakeBytes | null): void {
    this.take = take;
  }

  /** Asked after each read, for the next one. */
  private next(): Buffer {
    if (this.streaming) {
      if (this.own === null && owned < MAX_OWN) {
        this.own = spare.pop() ?? Buffer.allocUnsafeSlow(OWN_BYTES);
        owned += 1;
      }
      return this.own ?? shared;
    }
    if (this.own !== null) {
      owned -= 1;
      if (!this.held && spare.length < MAX_SPARE) spare.push(this.own);
      this.own = null;
      this.held = false;
    }
    return shared;
  }
}
