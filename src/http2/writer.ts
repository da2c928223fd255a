import type { Duplex } from 'node:stream';
import { CODE, SessionError } from './errors.js';
import { widened } from './flow-control.js';
import { appendData, DEFAULT_FRAME_BYTES, DEFAULT_WINDOW } from './frames.js';

/** A stream with bytes that wait to be sent. */
export interface Sender {
  readonly id: number;
  /** Bytes that the other end takes on this stream. */
  sendWindow: number;
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

/**
 * Gathers the frames of one turn of the event loop and writes them at once. Streams take turns, a frame each; while the
 * socket is full they wait.
 */
export function createWriter(socket: Duplex): Writer {
  const waiting = new Set<Sender>();
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let answers = 0;
  let isScheduled = false;
  let isPumping = false;
  let window = DEFAULT_WINDOW;
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

  function sendSome(stream: Sender): void {
    const largest = waiting.size > 0 ? DEFAULT_FRAME_BYTES : Math.min(maxFrameBytes, LONELY_FRAME_BYTES);
    const length = Math.min(stream.unsent.length, stream.sendWindow, window, largest);
    // With its window empty it waits for the other end, and is woken then.
    if (length <= 0) return;
    const bytes = stream.unsent.subarray(0, length);
    stream.sendWindow -= length;
    window -= length;
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
      waiting.add(stream);
      pump();
    },
    forget: (stream) => void waiting.delete(stream),
    widen(increment) {
      const wider = widened(window, increment);
      if (wider === null) return false;
      window = wider;
      pump();
      return true;
    },
    flush,
  };
}
