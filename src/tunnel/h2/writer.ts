import type { Duplex } from 'node:stream';
import { appendData, CODE, DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, MAX_WINDOW, SessionError } from './frames.js';

/** What a stream needs of its session. */
export interface StreamHost {
  readonly role: 'client' | 'server';
  headers(stream: Sender, fields: readonly string[], endStream: boolean): void;
  /** There is something to send. */
  wake(stream: Sender): void;
  end(stream: Sender): void;
  reset(stream: Sender, code: number): void;
  /** The other end may send so many bytes more. */
  credit(stream: Sender, bytes: number): void;
  /** Nothing more comes or goes. */
  over(stream: Sender): void;
}

/** A stream with bytes that wait to be sent. */
export interface Sender {
  readonly id: number;
  /** Bytes that the other end takes on this stream. */
  sendWindow: number;
  /** Bytes that were sent, less those that WINDOW_UPDATE frames for this stream have given back; never below 0. */
  unacknowledged: number;
  /** What waits; empty when nothing does. */
  readonly unsent: Buffer;
  /** So many bytes of `unsent` are on their way. */
  sent(bytes: number): void;
}

/** Everything that a session says to its socket. */
export interface Writer {
  /** The largest payload that the other end takes. */
  maxFrameBytes: number;
  frame(bytes: Buffer): void;
  /** What a peer can have as many of as it likes; throws SessionError when it does not read them. */
  answer(bytes: Buffer): void;
  end(stream: Sender): void;
  /** The stream has bytes to send, or may send again. */
  wake(stream: Sender): void;
  forget(stream: Sender): void;
  /** False when the window would be too large. */
  widen(increment: number): boolean;
  /** Gives the socket what has been gathered, whether it is full or not. */
  flush(): void;
}

/** What is gathered or waits in the socket before streams have to wait. */
const ENOUGH_BYTES = 64 * 1024;
/** Larger frames are cheaper, as long as no other stream waits. */
const LONELY_FRAME_BYTES = 64 * 1024;
/** One write of small frames is cheaper than many, even with a copy. */
const JOINED_BYTES = 16 * 1024;
const MAX_ANSWERS = 1_000;
/** Of the second half of the session's window, a stream may hold one part in so many of what is left. */
const THRESHOLD_PARTS = 8;

/**
 * Gathers the frames of one turn of the event loop and writes them at once. Streams take turns, a frame each; while the
 * socket is full they wait.
 *
 * The window of the session is shared. Some peers, such as cloudflared, give each stream a window as large as the session's
 * and return both only when the bytes are read: there, one stream that nobody reads would take the whole window and stop all
 * others. So the first half of the window is for whoever comes, and of the second half a stream may hold an eighth of what
 * is left at that moment (a dynamic threshold): however many streams are stuck, a new one can still send. The first half
 * must be free, because many peers return the window of a session only when half of it has been used.
 */
export function createFrameWriter(socket: Duplex): Writer {
  const waiting = new Set<Sender>();
  /** Streams that have used up their share of the session's window. */
  const throttled = new Set<Sender>();
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let answers = 0;
  let isScheduled = false;
  let isPumping = false;
  let window = DEFAULT_WINDOW;
  /** Bytes that the session's window still has to get back. */
  let outstanding = 0;
  let maxFrameBytes = DEFAULT_FRAME_BYTES;

  const isFull = () => socket.writableLength >= ENOUGH_BYTES;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      if (!isFull()) flush();
    });
  }

  function gather(bytes: Buffer): void {
    gathered.push(bytes);
    gatheredBytes += bytes.length;
    schedule();
  }

  function flush(): void {
    if (gathered.length === 0) return;
    const buffers = gatheredBytes <= JOINED_BYTES ? [Buffer.concat(gathered)] : gathered;
    gathered = [];
    gatheredBytes = 0;
    answers = 0;
    if (!socket.writable) return;
    socket.cork();
    for (const bytes of buffers) socket.write(bytes);
    socket.uncork();
  }

  /** Bytes that the stream may send now without taking more than its share of the session's window; see above. */
  function shareOf({ unacknowledged }: Sender): number {
    const freeForAll = (window - outstanding) / 2;
    // What the session's window has got back is held by no stream, even if the peer has not told the streams yet.
    const held = Math.min(unacknowledged, outstanding);
    const threshold = (window - THRESHOLD_PARTS * held) / (THRESHOLD_PARTS + 1);
    return Math.ceil(Math.max(freeForAll, threshold));
  }

  function sendSome(stream: Sender): void {
    // With its window empty it waits for the other end, and is woken then.
    if (stream.sendWindow <= 0) return;
    const share = shareOf(stream);
    if (share <= 0) {
      throttled.add(stream);
      return;
    }
    const largest = waiting.size > 0 ? DEFAULT_FRAME_BYTES : Math.min(maxFrameBytes, LONELY_FRAME_BYTES);
    const length = Math.min(stream.unsent.length, stream.sendWindow, share, largest);
    if (length <= 0) return;
    const bytes = stream.unsent.subarray(0, length);
    stream.sendWindow -= length;
    stream.unacknowledged += length;
    window -= length;
    outstanding += length;
    const before = gathered.length;
    appendData(gathered, stream.id, bytes, false);
    for (let i = before; i < gathered.length; i += 1) gatheredBytes += gathered[i]!.length;
    // Runs code of the stream's owner, which may do anything.
    stream.sent(length);
    if (stream.unsent.length > 0) waiting.add(stream);
  }

  function pump(): void {
    if (isPumping) return;
    isPumping = true;
    try {
      while (waiting.size > 0 && window > 0 && !isFull()) {
        const [stream] = waiting as Iterable<Sender> as [Sender];
        waiting.delete(stream);
        sendSome(stream);
        if (gatheredBytes >= ENOUGH_BYTES) flush();
      }
    } finally {
      isPumping = false;
    }
    if (gathered.length > 0) schedule();
  }

  socket.on('drain', () => {
    flush();
    pump();
  });

  return {
    get maxFrameBytes() {
      return maxFrameBytes;
    },
    set maxFrameBytes(bytes) {
      maxFrameBytes = bytes;
    },
    frame: gather,
    answer(bytes) {
      answers += 1;
      if (answers > MAX_ANSWERS)
        throw new SessionError(CODE.ENHANCE_YOUR_CALM, `${MAX_ANSWERS} answers wait and are not read`);
      gather(bytes);
    },
    end(stream) {
      const frames: Buffer[] = [];
      appendData(frames, stream.id, Buffer.alloc(0), true);
      gather(frames[0]!);
    },
    wake(stream) {
      if (stream.unsent.length === 0) return;
      throttled.delete(stream);
      waiting.add(stream);
      pump();
    },
    forget(stream) {
      waiting.delete(stream);
      throttled.delete(stream);
    },
    widen(increment) {
      const wider = widened(window, increment);
      if (wider === null) return false;
      window = wider;
      // The first increment may be a larger window, and not bytes that come back.
      outstanding = Math.max(0, outstanding - increment);
      for (const stream of throttled) waiting.add(stream);
      throttled.clear();
      pump();
      return true;
    },
    flush,
  };
}

/** What the other end may still send us, on one stream or in the whole session: RFC 9113, section 5.2. */
export class ReceiveWindow {
  #size: number;
  readonly #maxSize: number;
  #left: number;
  #due = 0;

  /** The window grows from `size` to `maxSize` for a reader that keeps up. */
  constructor(size: number, maxSize = size) {
    this.#size = size;
    this.#maxSize = maxSize;
    this.#left = size;
  }

  /** Bytes have come; false when they are more than were allowed. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /**
   * Bytes are out of the way. Answers how many the other end shall be told that it may send again: mostly 0, because they
   * are gathered up to half of the window.
   */
  giveBack(bytes: number, keepsUp = false): number {
    this.#due += bytes;
    if (this.#due < this.#size / 2) return 0;
    let increment = this.#due;
    if (keepsUp && this.#size < this.#maxSize) {
      increment += this.#size;
      this.#size *= 2;
    }
    this.#due = 0;
    this.#left += increment;
    return increment;
  }
}

/** A window for sending, made larger; null when it would be larger than any window may be. */
export function widened(window: number, increment: number): number | null {
  return window + increment > MAX_WINDOW ? null : window + increment;
}

const FIRST_BYTES = 1024;

/** Small pieces of a body, put together by copying: a peer may send each byte in a frame of its own. */
export class SmallPieces {
  length = 0;
  #bytes: Buffer = Buffer.alloc(0);

  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * length));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.length);
    this.length = length;
  }

  /** All of them as one; none are left. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.#bytes = Buffer.alloc(0);
    this.length = 0;
    return taken;
  }
}
