import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { realTime } from '../net/clock.js';
import { onEnd, resetStream } from '../net/stream-ends.js';
import type { OriginSocket } from '../tunnel/egress/contract.js';
import type { Cut, Direction } from './conditions.js';
import { connectionReset, nothingPasses, streamLost } from './fault-error.js';
import { FaultyStream } from './faulty-stream.js';
import type { Chance } from './passage.js';
import type { Struck } from './struck.js';

type InnerSocket = Duplex & Partial<Pick<OriginSocket, 'awaited' | 'connectors'>>;

/** How long the other end of a connection that a fault has closed may go on sending. */
const GOODBYE_MS = 2_000;

/** A byte stream under faults: one to an origin that is being dialled, or one that is there already. */
export class FaultySocket extends FaultyStream<InnerSocket> implements OriginSocket {
  connecting = true;
  #cancelTimeout: (() => void) | null = null;
  #awaitedDial: (() => OriginSocket) | null = null;

  /** Under a fault that lets nothing pass nobody is dialled, and the dial fails in its time. */
  static dial(
    struck: Struck,
    chance: Chance,
    dial: () => OriginSocket,
    connectTimeoutMs: number,
  ): FaultySocket {
    const socket = new FaultySocket(struck, chance, 'upstream');
    const fault = struck.holdsConnecting;
    if (fault === null) socket.#dial(dial());
    else {
      socket.#awaitedDial = dial;
      const giveUp = () => socket.destroy(nothingPasses(fault, connectTimeoutMs));
      socket.#cancelTimeout = chance.clock.after(connectTimeoutMs, giveUp);
    }
    return socket;
  }

  /** `written`: the direction of what is written to it. */
  static over(struck: Struck, chance: Chance, connected: Duplex, written: Direction): FaultySocket {
    const socket = new FaultySocket(struck, chance, written);
    socket.connecting = false;
    socket.attach(connected);
    return socket;
  }

  #dial(inner: OriginSocket): void {
    inner.once('connect', () => {
      // The way there and back.
      this.fromInner.mark(() => this.#connected(), { free: true, extraMs: this.toInner.delayMs() });
    });
    this.attach(inner);
    for (const event of ['dialling', 'draining', 'connectorDoubtful'])
      this.listen(event, (...args) => void this.emit(event, ...args));
  }

  #connected(): void {
    this.connecting = false;
    this.emit('connect');
  }

  protected override released(): void {
    const dial = this.#awaitedDial;
    if (dial !== null && this.struck.holdsConnecting === null) {
      this.#awaitedDial = null;
      this.#cancelTimeout?.();
      this.#dial(dial());
    }
    super.released();
  }

  protected watchEnd(inner: InnerSocket, ended: () => void): void {
    onEnd(inner, ended);
  }

  protected override innerClosed(): void {
    // That nobody takes the connection is known also where no bytes would pass.
    super.innerClosed(this.connecting);
  }

  protected cutOff({ how, by }: Cut): void {
    if (how === 'reset') this.#reset(this.inner instanceof Socket ? connectionReset(by) : streamLost(by));
    else this.#close();
  }

  #reset(error?: Error): void {
    this.left = true;
    if (this.inner) resetStream(this.inner);
    this.destroy(error);
  }

  /** Both ends see an end in good order, behind what has passed. */
  #close(): void {
    const inner = this.inner!;
    this.left = true;
    this.toInner.close();
    this.fromInner.close();
    inner.end();
    // Bytes that are unread would turn the end into a reset.
    inner.resume();
    // No part of what the fault does: also where a test has stopped the clock, nothing stays open for ever.
    const cancel = realTime.after(GOODBYE_MS, () => inner.destroy());
    inner.once('close', cancel);
    this.allowHalfOpen = false;
    this.push(null);
  }

  /** What `resetStream` asks for: at once, whatever is still on its way. */
  resetAndDestroy(): this {
    if (!this.destroyed) this.#reset();
    return this;
  }

  /** As of a `net.Socket`: `end()`, and `destroy()` when everything has been sent. */
  destroySoon(): void {
    if (!this.writableEnded) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.connecting = false;
    this.#awaitedDial = null;
    this.#cancelTimeout?.();
    super._destroy(error, callback);
  }

  get awaited(): boolean {
    return this.inner?.awaited ?? false;
  }

  get connectors(): readonly string[] {
    return this.inner?.connectors ?? [];
  }

  // What is asked of sockets besides. Timeouts are the business of whoever uses them.

  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket?.remotePort;
  }

  get localAddress(): string | undefined {
    return this.#socket?.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket?.localPort;
  }

  get #socket(): Socket | null {
    return this.inner instanceof Socket ? this.inner : null;
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
