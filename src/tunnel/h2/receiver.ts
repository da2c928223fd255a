import { createTokenBucket, realTime, type TokenBucket } from '../../net/clock.js';
import {
  CODE,
  FLAG,
  FRAME,
  type FrameHandler,
  type Http2Settings,
  pingFrame,
  readSettings,
  SessionError,
  StreamError,
  settingsAckFrame,
  windowUpdateFrame,
  withoutPadding,
} from './frames.js';
import type { Headers } from './headers.js';
import { createHeaderBlocks, isInterim, receiveAnswer, receiveRequest } from './message-heads.js';
import type { Http2Stream } from './stream.js';
import { ReceiveWindow, type Writer, widened } from './writer.js';

/** What the frames of the other end do to a session. */
interface ReceivingSession {
  readonly role: 'client' | 'server';
  readonly destroyed: boolean;
  readonly streams: ReadonlyMap<number, Http2Stream>;
  readonly writer: Writer;
  readonly pings: Pings;
  /** Those of the other end. */
  readonly remoteSettings: Http2Settings;
  /** No frame can belong to this stream: nobody has opened it yet. */
  isIdle(streamId: number): boolean;
  /** Server: a request has come. Null when the session takes no more: then it has been answered. */
  accept(streamId: number): Http2Stream | null;
  request(stream: Http2Stream, headers: Headers, flags: number, rawHeaders: readonly string[]): void;
  settingsAcknowledged(): void;
  goingAway(lastStreamId: number, code: number, debug: string): void;
}

export const SESSION_WINDOW = 8 * 1024 * 1024;

/** Frames that cost nothing to send: so many at once, and so many a second. */
const NUISANCE = { burst: 1_000, perSecond: 500 };
/** Frames for streams that are over. They cross with our own resets, so there may be many. */
const LATE = { burst: 20_000, perSecond: 20_000 };

/** The rules of RFC 9113 for what arrives. Throws SessionError for what ends the session. */
export function createReceiver(session: ReceivingSession): FrameHandler {
  const { streams, writer, role } = session;
  const blocks = createHeaderBlocks();
  const nuisance = createTokenBucket(NUISANCE.burst, NUISANCE.perSecond, realTime.monotonic);
  const late = createTokenBucket(LATE.burst, LATE.perSecond, realTime.monotonic);
  const sessionWindow = new ReceiveWindow(SESSION_WINDOW);
  let settingsSeen = false;
  /** Of the DATA frame that is arriving. */
  let reader: Http2Stream | undefined;
  let endsStream = false;

  function charge(bucket: TokenBucket, what: string): void {
    if (!bucket.tryAcquire())
      throw new SessionError(CODE.ENHANCE_YOUR_CALM, `too many frames of the kind ${what}`);
  }

  function expect(ok: boolean, message: string, code: number = CODE.PROTOCOL_ERROR): void {
    if (!ok) throw new SessionError(code, message);
  }

  function expectInOrder(type: number, streamId: number): void {
    expect(settingsSeen || type === FRAME.SETTINGS, 'the first frame is no SETTINGS');
    const isContinuation = type === FRAME.CONTINUATION;
    expect(
      blocks.open === 0 ? !isContinuation : isContinuation && streamId === blocks.open,
      'frame in the middle of a header block, or CONTINUATION without one',
    );
  }

  /** The stream that a frame is for; undefined when it is over. */
  function find(streamId: number, what: string): Http2Stream | undefined {
    expect(streamId !== 0 && !session.isIdle(streamId), `${what} on stream ${streamId}, which is not open`);
    const stream = streams.get(streamId);
    if (!stream) charge(late, `${what} on a closed stream`);
    return stream;
  }

  function dataBegins(flags: number, streamId: number, length: number): void {
    expectInOrder(FRAME.DATA, streamId);
    const stream = find(streamId, 'DATA');
    expect(sessionWindow.take(length), 'DATA beyond the window of the session', CODE.FLOW_CONTROL_ERROR);
    // At once: each stream holds its own window at most, so that one that is not read keeps no other from going on.
    const credit = sessionWindow.giveBack(length);
    if (credit > 0) writer.frame(windowUpdateFrame(0, credit));
    endsStream = (flags & FLAG.END_STREAM) !== 0;
    if (length === 0 && !endsStream) charge(nuisance, 'empty DATA');
    reader = undefined;
    if (!stream) return;
    if (stream.remoteEnded) stream.fail(new StreamError(CODE.STREAM_CLOSED, 'DATA behind END_STREAM'));
    else if (!stream.headReceived)
      stream.fail(new StreamError(CODE.PROTOCOL_ERROR, 'DATA before the head of the response'));
    else if (!stream.receiveWindow.take(length))
      stream.fail(new StreamError(CODE.FLOW_CONTROL_ERROR, 'DATA beyond the window of the stream'));
    else reader = stream;
  }

  function dataEnds(): void {
    if (endsStream) reader?.receiveEnd();
    reader = undefined;
  }

  function paddedData(flags: number, streamId: number, payload: Buffer): void {
    dataBegins(flags, streamId, payload.length);
    const bytes = withoutPadding(flags, payload);
    reader?.receivePadding(payload.length - bytes.length);
    if (bytes.length > 0) reader?.receive(bytes);
    dataEnds();
  }

  function headers(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (type === FRAME.HEADERS) {
      expect(streamId % 2 === 1, `HEADERS on stream ${streamId}`);
      expect(
        role === 'server' || !session.isIdle(streamId),
        `HEADERS on stream ${streamId}, which is not open`,
      );
    }
    if (payload.length === 0 && !(flags & FLAG.END_HEADERS)) charge(nuisance, 'empty HEADERS');
    const block = blocks.frame(type, flags, streamId, payload);
    if (!block) return;
    if (role === 'server' && session.isIdle(streamId)) {
      const stream = session.accept(streamId);
      if (stream) receiveRequest(stream, block, session.request);
      return;
    }
    const stream = find(streamId, 'HEADERS');
    if (!stream) return;
    if (isInterim(block)) charge(nuisance, 'interim response');
    receiveAnswer(stream, block);
  }

  function rstStream(_flags: number, streamId: number, payload: Buffer): void {
    expect(payload.length === 4, `RST_STREAM of ${payload.length} bytes`, CODE.FRAME_SIZE_ERROR);
    find(streamId, 'RST_STREAM')?.receiveReset(payload.readUInt32BE(0));
  }

  function settings(flags: number, streamId: number, payload: Buffer): void {
    expect(streamId === 0, `SETTINGS on stream ${streamId}`);
    if (flags & FLAG.ACK) {
      expect(payload.length === 0, 'SETTINGS acknowledged with a payload', CODE.FRAME_SIZE_ERROR);
      expect(settingsSeen, 'the first frame is no SETTINGS');
      session.settingsAcknowledged();
      return;
    }
    settingsSeen = true;
    charge(nuisance, 'SETTINGS');
    const before = session.remoteSettings.initialWindowSize;
    readSettings(payload, session.remoteSettings);
    writer.maxFrameBytes = session.remoteSettings.maxFrameSize;
    writer.answer(settingsAckFrame());
    const change = session.remoteSettings.initialWindowSize - before;
    if (change !== 0) for (const stream of [...streams.values()]) widen(stream, change);
  }

  function widen(stream: Http2Stream, change: number): void {
    const window = widened(stream.sendWindow, change);
    expect(window !== null, 'SETTINGS make a window too large', CODE.FLOW_CONTROL_ERROR);
    stream.sendWindow = window!;
    writer.wake(stream);
  }

  function ping(flags: number, streamId: number, payload: Buffer): void {
    expect(payload.length === 8, `PING of ${payload.length} bytes`, CODE.FRAME_SIZE_ERROR);
    expect(streamId === 0, `PING on stream ${streamId}`);
    if (flags & FLAG.ACK) {
      session.pings.answered(payload);
      return;
    }
    charge(nuisance, 'PING');
    writer.answer(pingFrame(payload, true));
  }

  function goaway(_flags: number, streamId: number, payload: Buffer): void {
    expect(payload.length >= 8, `GOAWAY of ${payload.length} bytes`, CODE.FRAME_SIZE_ERROR);
    expect(streamId === 0, `GOAWAY on stream ${streamId}`);
    charge(nuisance, 'GOAWAY');
    const debug = payload.toString('latin1', 8, Math.min(payload.length, 8 + 256)).replace(/[^ -~]/g, '?');
    session.goingAway(payload.readUInt32BE(0) & 0x7fff_ffff, payload.readUInt32BE(4), debug);
  }

  function windowUpdate(_flags: number, streamId: number, payload: Buffer): void {
    expect(payload.length === 4, `WINDOW_UPDATE of ${payload.length} bytes`, CODE.FRAME_SIZE_ERROR);
    const increment = payload.readUInt32BE(0) & 0x7fff_ffff;
    if (streamId === 0) {
      expect(increment > 0, 'WINDOW_UPDATE by 0');
      expect(writer.widen(increment), 'WINDOW_UPDATE beyond what a window may be', CODE.FLOW_CONTROL_ERROR);
      return;
    }
    const stream = find(streamId, 'WINDOW_UPDATE');
    if (!stream) return;
    const window = increment === 0 ? null : widened(stream.sendWindow, increment);
    if (window === null) {
      const code = increment === 0 ? CODE.PROTOCOL_ERROR : CODE.FLOW_CONTROL_ERROR;
      stream.fail(new StreamError(code, `WINDOW_UPDATE by ${increment}, to what no window may be`));
      return;
    }
    stream.sendWindow = window;
    stream.unacknowledged = Math.max(0, stream.unacknowledged - increment);
    writer.wake(stream);
  }

  function priority(_flags: number, streamId: number, payload: Buffer): void {
    expect(streamId !== 0, 'PRIORITY on stream 0');
    expect(payload.length === 5, `PRIORITY of ${payload.length} bytes`, CODE.FRAME_SIZE_ERROR);
    charge(nuisance, 'PRIORITY');
  }

  const kinds: Record<number, (flags: number, streamId: number, payload: Buffer) => void> = {
    [FRAME.HEADERS]: (flags, streamId, payload) => headers(FRAME.HEADERS, flags, streamId, payload),
    [FRAME.PRIORITY]: priority,
    [FRAME.RST_STREAM]: rstStream,
    [FRAME.SETTINGS]: settings,
    [FRAME.PUSH_PROMISE]: () => expect(false, 'PUSH_PROMISE, which nobody asked for'),
    [FRAME.PING]: ping,
    [FRAME.GOAWAY]: goaway,
    [FRAME.WINDOW_UPDATE]: windowUpdate,
    [FRAME.CONTINUATION]: (flags, streamId, payload) => headers(FRAME.CONTINUATION, flags, streamId, payload),
  };

  return {
    frame(type, flags, streamId, payload) {
      if (type === FRAME.DATA) {
        paddedData(flags, streamId, payload);
        return;
      }
      expectInOrder(type, streamId);
      const kind = kinds[type];
      if (kind) kind(flags, streamId, payload);
      else charge(nuisance, `type ${type}`);
    },
    dataBegins,
    dataBytes: (bytes) => reader?.receive(bytes),
    dataEnds,
    get destroyed() {
      return session.destroyed;
    },
  };
}

export type PingCallback = (error: Error | null, durationMs: number, payload: Buffer) => void;

/** The pings of a session that wait for their answers. */
interface Pings {
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
