import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const NOTHING = Buffer.alloc(0);

/** Sockets of TLS, and the transport below each. */
const transports = new WeakMap<Duplex, Duplex>();

/** Remembers that `stream` is TLS over `transport`, for `resetStream`. */
export function setTransport(stream: Duplex, transport: Duplex): void {
  transports.set(stream, transport);
}

/** What carries the bytes of TLS; undefined for a stream that is none, as far as anybody has said. */
export const transportOf = (stream: Duplex): Duplex | undefined => transports.get(stream);

/** One that stands for another stream, and resets that one in whatever state it is. */
interface Resettable extends Duplex {
  resetAndDestroy(): unknown;
}

const standsForAnother = (stream: Duplex): stream is Resettable =>
  !(stream instanceof Socket) && 'resetAndDestroy' in stream;

/**
 * Breaks a byte stream off in both directions. The other side sees a reset (RST, or RST_STREAM in a tunnel), and cannot take
 * the bytes that it has for the whole. What was written and not sent yet is lost.
 */
export function resetStream(stream: Duplex): void {
  const transport = transports.get(stream);
  // TLS says goodbye in good order even when it is destroyed, so the transport goes first.
  if (transport) resetStream(transport);
  if (stream.destroyed) return;
  if (standsForAnother(stream)) {
    stream.resetAndDestroy();
    return;
  }
  if (stream.writableEnded && !stream.writableFinished && stream.writableLength === 0) {
    // Its FIN is being sent, and libuv refuses to reset it in this moment.
    stream.once('finish', () => resetStream(stream));
    return;
  }
  if (!transport && 'resetAndDestroy' in stream) {
    try {
      (stream as Socket).resetAndDestroy();
      return;
    } catch {
      // No TCP socket: a Unix socket, for example, has no reset.
    }
  }
  stream.destroy();
}

/**
 * Ends a byte stream in good order: what was written is delivered, then its end, then the stream is destroyed. Nothing more
 * is read.
 */
export function endStream(stream: Duplex): void {
  if (stream.destroyed) return;
  if ('destroySoon' in stream) (stream as Socket).destroySoon();
  else if (stream.writableFinished) stream.destroy();
  else stream.end(() => stream.destroy());
}

/**
 * Calls `ended` when `stream` has ended in good order; after a failure it is not called. The event `end` alone does not tell: for
 * a TCP socket that is reset while bytes are unread, libuv delivers those and then reports an end of file. A write to such
 * a socket fails, even one of no bytes. (When our half has ended before, there is no way to find out.)
 */
export function onEnd(stream: Duplex, ended: () => void): void {
  stream.once('end', () => {
    if (!(stream instanceof Socket) || !stream.writable) ended();
    // What waits to be written fails in the same turn.
    else if (stream.writableLength > 0) setImmediate(() => !stream.destroyed && ended());
    else stream.write(NOTHING, (error) => !error && ended());
  });
}
