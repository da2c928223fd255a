import { Duplex } from 'node:stream';
import type { Conditions, Cut, Direction } from './conditions.js';
import { type Chance, Passage } from './passage.js';
import type { Struck } from './struck.js';

export type Callback = (error?: Error | null) => void;

const BUFFER_BYTES = 64 * 1024;

/**
 * Stands in front of another stream and lets pass what the faults let pass: what is written to it goes to the inner stream, what that
 * gives comes back. Errors, ends and closes keep their place among the bytes. At most a window of bytes (`passage.ts`) is on its
 * way in each direction, beside what the two streams buffer by themselves. `S` is the inner stream.
 */
export abstract class FaultyStream<S extends Duplex> extends Duplex {
  protected inner: S | null = null;
  protected readonly toInner: Passage;
  protected readonly fromInner: Passage;
  /** A fault has ended the connection, or whoever uses it: what becomes of the inner stream is settled. */
  protected left = false;
  /** The inner stream has ended in good order, and that has been passed on. */
  #ended = false;
  #waiting: Callback | null = null;
  #reading = false;
  #failure: Error | null = null;
  readonly #undo: (() => void)[] = [];

  protected constructor(
    protected readonly struck: Struck,
    protected readonly chance: Chance,
    /** The direction of what is written: to an origin upstream, to a client downstream. */
    private readonly written: Direction,
  ) {
    super({ highWaterMark: BUFFER_BYTES });
    this.toInner = new Passage(
      chance,
      this.#conditions().toInner,
      {
        write: (bytes) => this.inner!.destroyed || this.inner!.write(bytes),
        room: () => this.#takeMore(),
        cut: (cut) => this.cutOff(cut),
      },
      true,
    );
    this.fromInner = new Passage(chance, this.#conditions().fromInner, {
      write: (bytes) => this.push(bytes),
      room: () => void this.inner?.resume(),
      cut: (cut) => this.cutOff(cut),
    });
    struck.onRelease(() => this.released());
  }

  /** The names of the faults that it is under at the moment. */
  get faults(): readonly string[] {
    return this.struck.names;
  }

  #conditions(): { readonly toInner: Conditions; readonly fromInner: Conditions } {
    const [upstream, downstream] = [this.struck.conditions('upstream'), this.struck.conditions('downstream')];
    return this.written === 'upstream'
      ? { toInner: upstream, fromInner: downstream }
      : { toInner: downstream, fromInner: upstream };
  }

  /** Ends the connection as a fault wants it. */
  protected abstract cutOff(cut: Cut): void;

  /** Calls `ended` when the inner stream has ended in good order. */
  protected abstract watchEnd(inner: S, ended: () => void): void;

  protected released(): void {
    const { toInner, fromInner } = this.#conditions();
    this.toInner.update(toInner);
    this.fromInner.update(fromInner);
  }

  /** The inner stream is there: bytes pass from now on. */
  protected attach(inner: S): void {
    this.inner = inner;
    this.listen('drain', () => this.toInner.resume());
    this.listen('error', (error: Error) => {
      this.#failure = error;
    });
    this.listen('close', () => this.innerClosed());
    this.watchEnd(inner, () => {
      const { slowCloseMs } = this.#conditions().fromInner;
      this.fromInner.mark(() => this.#passEnd(inner), { extraMs: slowCloseMs });
    });
    if (this.#reading) this.#readInner(inner);
    this.toInner.resume();
  }

  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own.
  protected listen(event: string, listener: (...args: any[]) => void): void {
    const { inner } = this;
    inner!.on(event, listener);
    this.#undo.push(() => inner!.off(event, listener));
  }

  /** Leaves the inner stream to somebody else. */
  protected detach(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.left = true;
    this.toInner.close();
    this.fromInner.close();
  }

  protected innerClosed(free = false): void {
    this.fromInner.mark(() => this.#passClose(), { free });
  }

  #passEnd({ allowHalfOpen }: S): void {
    this.#ended = true;
    this.allowHalfOpen = allowHalfOpen;
    this.push(null);
  }

  #passClose(): void {
    const leave = () => this.destroy(this.#failure ?? undefined);
    // What came before the end can still be read.
    if (this.#ended && !this.readableEnded) this.once('end', leave);
    else leave();
  }

  #readInner(inner: S): void {
    this.listen('data', (bytes: Buffer) => {
      if (!this.left && !this.fromInner.put(bytes)) inner.pause();
    });
    inner.resume();
  }

  override _read(): void {
    if (!this.#reading) {
      this.#reading = true;
      if (this.inner) this.#readInner(this.inner);
    }
    this.fromInner.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    if (bytes.length === 0) {
      // Somebody wants to know whether the other end is still there.
      if (this.inner?.writable) this.inner.write(bytes);
      callback();
    } else if (this.toInner.put(bytes)) callback();
    else this.#waiting = callback;
  }

  #takeMore(): void {
    const written = this.#waiting;
    this.#waiting = null;
    written?.();
  }

  override _final(callback: Callback): void {
    if (this.toInner.closed) {
      callback();
      return;
    }
    const { slowCloseMs } = this.#conditions().toInner;
    this.toInner.mark(() => this.#endInner(callback), { extraMs: slowCloseMs });
  }

  #endInner(callback: Callback): void {
    const { inner } = this;
    // Its `close` tells when that fails.
    if (inner !== null && !inner.destroyed) inner.end(() => callback());
    else callback();
    // It was ended before anything could be sent.
    if (inner === null) this.destroy();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.struck.end();
    this.toInner.close();
    this.fromInner.close();
    if (!this.left) this.inner?.destroy();
    const written = this.#waiting;
    this.#waiting = null;
    callback(error);
    written?.(error ?? new Error('the connection was closed before the bytes were sent'));
  }
}
