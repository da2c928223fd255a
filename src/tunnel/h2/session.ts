import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { realTime } from '../../net/clock.js';
import {
  CODE,
  codeName,
  createFrameReader,
  DEFAULT_WINDOW,
  defaultSettings,
  type FrameReader,
  goawayFrame,
  type Http2Settings,
  headersFrames,
  MAX_STREAM_ID,
  PREFACE,
  pingFrame,
  rstStreamFrame,
  SETTING,
  SessionError,
  StreamError,
  settingsFrame,
  windowUpdateFrame,
} from './frames.js';
import { type Headers, type OutgoingFields, requestFields } from './headers.js';
import { EMPTY_TABLE, encodeFields } from './hpack.js';
import { MAX_LIST_BYTES } from './message-heads.js';
import { createPings, createReceiver, type PingCallback, SESSION_WINDOW } from './receiver.js';
import { Http2Stream, STREAM_WINDOW } from './stream.js';
import { createFrameWriter, type StreamHost, type Writer } from './writer.js';

interface SessionOptions {
  /** The client asks, the server answers, whoever has dialled. */
  readonly role: 'client' | 'server';
}

const MAX_FRAME_BYTES = 64 * 1024;
/** Streams that the other end may have open with a server. */
const MAX_STREAMS = 10_000;
const SETTINGS_TIMEOUT_MS = 10_000;
/** How long the transport may stay after the last word has been sent, and how long that may take. */
const GOODBYE_MS = 1_000;
const LAST_WORD_MS = 10_000;

/**
 * An HTTP/2 session (RFC 9113) over a socket that is connected: the part that we need of Node's `Http2Session`.
 *
 * Events: `stream(stream, headers, flags, rawHeaders)` when a server is asked; `goaway(code, lastStreamId, debug)` when
 * the other end is going; `error` when the session fails, and `close` once it is over, always after those of its streams.
 */
export class Http2Session extends EventEmitter {
  readonly socket: Duplex;
  readonly role: 'client' | 'server';
  /** Takes no new streams. */
  closed = false;
  destroyed = false;
  /** Goes up with whatever comes: a sign of life. */
  received = 0;
  /** What the other end has told; the defaults until it has. */
  readonly remoteSettings: Http2Settings = defaultSettings();
  readonly #streams = new Map<number, Http2Stream>();
  readonly #writer: Writer;
  readonly #pings = createPings();
  readonly #reader: FrameReader;
  readonly #host: StreamHost;
  /** Client: of the next request. */
  #nextId = 1;
  /** Server: of the latest request. */
  #lastId = 0;
  #prefaceBytes = 0;
  #saidGoaway = false;
  #tableUpdated = false;
  #cancelSettingsTimer = () => {};
  #cancelGoodbye: (() => void) | undefined;

  constructor(socket: Duplex, { role }: SessionOptions) {
    super();
    this.socket = socket;
    this.role = role;
    this.#writer = createFrameWriter(socket);
    this.#host = this.#createHost();
    this.#reader = createFrameReader(this.#createReceiver(), MAX_FRAME_BYTES);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.once('end', () => this.#transportEnded('the other end has closed the transport'));
    socket.on('error', (error) => this.destroy(new Error(`the transport failed: ${error.message}`)));
    socket.once('close', () => {
      this.#cancelGoodbye?.();
      this.#transportEnded('the transport was lost');
    });
    this.#sayHello();
  }

  /** Client: opens a stream. Throws when the session takes no more, TypeError when a header is none. */
  request(head: OutgoingFields, options: { readonly endStream?: boolean } = {}): Http2Stream {
    if (this.closed) throw new Error('the HTTP/2 session takes no new streams: it is closed');
    const fields = requestFields(head);
    const stream = new Http2Stream(this.#host, this.#nextId, this.remoteSettings.initialWindowSize);
    stream.expectsNoBody = fields[fields.indexOf(':method') + 1] === 'HEAD';
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    stream.sendHead(fields, options.endStream ?? false);
    if (this.#nextId > MAX_STREAM_ID) process.nextTick(() => this.#idsUsedUp());
    return stream;
  }

  /** False when too many are under way; otherwise the callback is called once, with an error when no answer can come. */
  ping(callback: PingCallback): boolean {
    const payload = this.destroyed ? null : this.#pings.start(callback);
    if (!payload) return false;
    this.#writer.frame(pingFrame(payload, false));
    this.#writer.flush();
    return true;
  }

  /** Takes no new streams; when the open ones have ended, the transport is ended, too. */
  close(): void {
    if (this.destroyed) return;
    this.closed = true;
    if (!this.#saidGoaway) this.#writer.frame(goawayFrame(this.#lastId, CODE.NO_ERROR));
    this.#saidGoaway = true;
    this.#endWhenIdle();
  }

  /** Sends what waits and ends the transport, whatever streams are still open: the other end knows then that nothing more comes. */
  finish(): void {
    this.close();
    if (!this.destroyed) this.#endTransport();
  }

  /** Ends the session and everything in it. Streams whose end has arrived can still be read. */
  destroy(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.closed = true;
    this.#cancelSettingsTimer();
    const why = error ?? new Error('the HTTP/2 session was ended');
    for (const stream of [...this.#streams.values()]) stream.lose(why);
    this.#pings.fail(error);
    if (error instanceof SessionError && this.socket.writable) {
      this.#writer.frame(goawayFrame(this.#lastId, error.code, error.message));
      this.#endTransport();
    } else this.socket.destroy();
    process.nextTick(() => {
      if (error) this.emit('error', error);
      this.emit('close');
    });
  }

  #sayHello(): void {
    const isClient = this.role === 'client';
    if (isClient) this.#writer.frame(PREFACE);
    this.#writer.frame(
      settingsFrame([
        isClient ? [SETTING.ENABLE_PUSH, 0] : [SETTING.MAX_CONCURRENT_STREAMS, MAX_STREAMS],
        [SETTING.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
        [SETTING.MAX_FRAME_SIZE, MAX_FRAME_BYTES],
        [SETTING.MAX_HEADER_LIST_SIZE, MAX_LIST_BYTES],
      ]),
    );
    this.#writer.frame(windowUpdateFrame(0, SESSION_WINDOW - DEFAULT_WINDOW));
    this.#cancelSettingsTimer = realTime.after(SETTINGS_TIMEOUT_MS, () => {
      this.destroy(new SessionError(CODE.SETTINGS_TIMEOUT, 'SETTINGS were not acknowledged in time'));
    });
  }

  #receive(chunk: Buffer): void {
    if (this.destroyed) return;
    this.received += 1;
    try {
      const rest = this.role === 'server' ? this.#withoutPreface(chunk) : chunk;
      if (rest.length > 0) this.#reader.push(rest);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      this.destroy(error);
    }
  }

  #withoutPreface(chunk: Buffer): Buffer {
    const missing = PREFACE.length - this.#prefaceBytes;
    if (missing === 0) return chunk;
    const length = Math.min(missing, chunk.length);
    const expected = PREFACE.subarray(this.#prefaceBytes, this.#prefaceBytes + length);
    if (!expected.equals(chunk.subarray(0, length)))
      throw new SessionError(CODE.PROTOCOL_ERROR, 'the other end does not speak HTTP/2');
    this.#prefaceBytes += length;
    return chunk.subarray(length);
  }

  #createHost(): StreamHost {
    const writer = this.#writer;
    return {
      role: this.role,
      headers: (stream, fields, endStream) => {
        if (this.destroyed) return;
        const block = encodeFields(fields);
        writer.frame(headersFrames(stream.id, this.#withTableUpdate(block), endStream, writer.maxFrameBytes));
      },
      wake: writer.wake,
      end: (stream) => !this.destroyed && writer.end(stream),
      reset: (stream, code) => {
        if (!this.destroyed) writer.frame(rstStreamFrame(stream.id, code));
      },
      credit: (stream, bytes) => {
        if (!this.destroyed) writer.frame(windowUpdateFrame(stream.id, bytes));
      },
      over: (stream) => {
        writer.forget(stream);
        this.#streams.delete(stream.id);
        this.#endWhenIdle();
      },
    };
  }

  /** A peer that has made its table smaller expects to hear that we know. We use none, so none it is, once and for all. */
  #withTableUpdate(block: Buffer): Buffer {
    if (this.#tableUpdated || this.remoteSettings.headerTableSize >= defaultSettings().headerTableSize)
      return block;
    this.#tableUpdated = true;
    return Buffer.concat([EMPTY_TABLE, block]);
  }

  #createReceiver() {
    const session = this;
    return createReceiver({
      role: this.role,
      streams: this.#streams,
      writer: this.#writer,
      pings: this.#pings,
      remoteSettings: this.remoteSettings,
      get destroyed() {
        return session.destroyed;
      },
      isIdle: (id) => (this.role === 'client' ? id % 2 === 0 || id >= this.#nextId : id > this.#lastId),
      accept: (id) => this.#accept(id),
      request: (stream, headers, flags, rawHeaders) => this.#serve(stream, headers, flags, rawHeaders),
      settingsAcknowledged: () => this.#cancelSettingsTimer(),
      goingAway: (lastStreamId, code, debug) => this.#goingAway(lastStreamId, code, debug),
    });
  }

  #accept(id: number): Http2Stream | null {
    this.#lastId = id;
    if (this.closed || this.#streams.size >= MAX_STREAMS) {
      this.#writer.answer(rstStreamFrame(id, CODE.REFUSED_STREAM));
      return null;
    }
    const stream = new Http2Stream(this.#host, id, this.remoteSettings.initialWindowSize);
    this.#streams.set(id, stream);
    return stream;
  }

  #serve(stream: Http2Stream, headers: Headers, flags: number, rawHeaders: readonly string[]): void {
    if (!this.emit('stream', stream, headers, flags, rawHeaders)) stream.close(CODE.REFUSED_STREAM);
  }

  #goingAway(lastStreamId: number, code: number, debug: string): void {
    this.closed = true;
    this.emit('goaway', code, lastStreamId, debug);
    if (this.destroyed) return;
    if (code !== CODE.NO_ERROR) {
      this.destroy(new Error(`the other end has given the session up: ${codeName(code)} ${debug}`));
      return;
    }
    if (this.role === 'client') {
      for (const stream of [...this.#streams.values()])
        if (stream.id > lastStreamId)
          stream.lose(
            new StreamError(CODE.REFUSED_STREAM, 'the other end goes away, and has not taken the stream'),
          );
    }
    this.close();
  }

  #idsUsedUp(): void {
    if (this.closed) return;
    this.close();
    this.emit('goaway', CODE.NO_ERROR, this.#nextId, 'all numbers of streams are used up');
  }

  #endWhenIdle(): void {
    if (this.closed && !this.destroyed && this.#streams.size === 0) this.#endTransport();
  }

  #endTransport(): void {
    if (this.#cancelGoodbye) return;
    this.#writer.flush();
    const destroyAfter = (ms: number) => {
      this.#cancelGoodbye?.();
      this.#cancelGoodbye = realTime.after(ms, () => this.socket.destroy());
    };
    destroyAfter(LAST_WORD_MS);
    this.socket.end(() => destroyAfter(GOODBYE_MS));
  }

  #transportEnded(reason: string): void {
    if (this.closed && this.#streams.size === 0) this.destroy();
    else this.destroy(new Error(reason));
  }
}
