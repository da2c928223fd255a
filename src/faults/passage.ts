import type { Clock } from '../net/clock.js';
import type { Conditions, Cut } from './conditions.js';

/** What a passage takes its time, and its chance, from. */
export interface Chance {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
}

/** The two ends of a passage. */
export interface PassageEnds {
  /** Hands bytes on; false when the far end wants no more before `resume`. */
  write(bytes: Buffer): boolean;
  /** After a `put` that has answered false: there is room again. */
  room(): void;
  /** The connection is to be closed or reset now. */
  cut(cut: Cut): void;
}

/** Something between bytes that happens in its turn. */
export interface Mark {
  /** It counts as a byte for what cuts at the first one. */
  readonly counts?: boolean;
  /** It passes also where nothing else may any more. */
  readonly free?: boolean;
  /** On top of the latency. */
  readonly extraMs?: number;
}

interface Item extends Mark {
  bytes: Buffer | null;
  readonly arrivedAt: number;
  dueAt: number;
  readonly happen: (() => void) | null;
}

/** So much may be on its way at once: the window of a connection whose bytes take time. */
const WINDOW_BYTES = 256 * 1024;
/** With little bandwidth, bytes come in pieces of a tenth of a second each. */
const SLICES_PER_SECOND = 10;

/** One direction of a connection under faults: bytes and marks come out as they went in, later, or not at all. */
export class Passage {
  closed = false;
  private queue: Item[] = [];
  private held = 0;
  private passed = 0;
  /** Somebody waits for `room`. */
  private full = false;
  /** The far end takes nothing at the moment. */
  private blocked: boolean;
  private pumping = false;
  /** When the line is free again. */
  private freeAt = 0;
  /** When the slice that is on the line has passed; null when none is. */
  private sliceAt: number | null = null;
  private cancelTimer: (() => void) | null = null;

  constructor(
    private readonly chance: Chance,
    private conditions: Conditions,
    private readonly ends: PassageEnds,
    /** The far end is not there before the first `resume`. */
    awaited = false,
  ) {
    this.blocked = awaited;
  }

  /** Takes bytes; false when no more shall come before `room`. */
  put(bytes: Buffer): boolean {
    if (this.closed) return true;
    this.held += bytes.length;
    this.enter({ bytes, happen: null });
    if (this.held < WINDOW_BYTES || this.closed) return true;
    this.full = true;
    return false;
  }

  mark(happen: () => void, mark: Mark = {}): void {
    if (!this.closed) this.enter({ ...mark, bytes: null, happen });
  }

  /** The far end takes bytes. */
  resume(): void {
    this.blocked = false;
    this.pump();
  }

  /** Of other faults than so far; what is on its way goes by them. */
  update(conditions: Conditions): void {
    this.conditions = conditions;
    this.sliceAt = null;
    for (const item of this.queue) {
      const dueAt = item.arrivedAt + (item.extraMs ?? 0) + this.delayMs();
      item.dueAt = Math.min(item.dueAt, dueAt);
    }
    this.pump();
  }

  /** Nothing passes any more. */
  close(): void {
    this.closed = true;
    this.queue = [];
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  /** What one more piece would be late by, drawn at random. */
  delayMs(): number {
    const { latencyMs, jitterMs } = this.conditions;
    if (jitterMs === 0) return latencyMs;
    return Math.max(0, latencyMs + jitterMs * (2 * this.chance.random() - 1));
  }

  private enter(item: Omit<Item, 'arrivedAt' | 'dueAt'>): void {
    const arrivedAt = this.chance.clock.monotonic();
    const dueAt = arrivedAt + this.delayMs() + (item.extraMs ?? 0);
    this.queue.push({ ...item, arrivedAt, dueAt });
    this.pump();
  }

  private pump(): void {
    if (this.pumping || this.closed) return;
    this.pumping = true;
    while (!this.closed && this.queue.length > 0 && this.passNext());
    this.pumping = false;
    if (this.closed || !this.full || this.held >= WINDOW_BYTES) return;
    this.full = false;
    this.ends.room();
  }

  /** Lets the next piece pass if it may; false when something must be waited for. */
  private passNext(): boolean {
    const item = this.queue[0]!;
    const { cut } = this.conditions;
    const isCut = cut !== null && this.passed >= cut.afterBytes;
    if (isCut && cut.how === 'hold' && !item.free) return false;
    if (this.waitUntil(item.dueAt)) return false;
    if (isCut && (item.bytes !== null || item.counts)) {
      if (cut.how !== 'hold') this.ends.cut(cut);
      return false;
    }
    if (item.bytes !== null) return this.passBytes(item, item.bytes, cut);
    this.queue.shift();
    item.happen!();
    return true;
  }

  private passBytes(item: Item, bytes: Buffer, cut: Cut | null): boolean {
    if (this.blocked) return false;
    const size = Math.min(bytes.length, this.sliceBytes(), cut ? cut.afterBytes - this.passed : bytes.length);
    if (this.waitUntil(this.lineTime(size))) return false;
    this.sliceAt = null;
    this.held -= size;
    this.passed += size;
    if (size < bytes.length) item.bytes = bytes.subarray(size);
    else this.queue.shift();
    if (!this.ends.write(bytes.subarray(0, size))) this.blocked = true;
    if (this.closed || cut === null || this.passed < cut.afterBytes || cut.how === 'hold')
      return !this.closed;
    this.ends.cut(cut);
    return false;
  }

  private sliceBytes(): number {
    const { bytesPerSecond } = this.conditions;
    return bytesPerSecond === null
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.floor(bytesPerSecond / SLICES_PER_SECOND));
  }

  /** When the last of so many bytes has gone over the line. */
  private lineTime(size: number): number {
    const { bytesPerSecond } = this.conditions;
    if (bytesPerSecond === null) return 0;
    if (this.sliceAt === null) {
      const begin = Math.max(this.freeAt, this.chance.clock.monotonic());
      this.sliceAt = begin + (size * 1_000) / bytesPerSecond;
      this.freeAt = this.sliceAt;
    }
    return this.sliceAt;
  }

  /** True when that is still to come: then it goes on there by itself. */
  private waitUntil(at: number): boolean {
    this.cancelTimer?.();
    this.cancelTimer = null;
    const { clock } = this.chance;
    const ms = at - clock.monotonic();
    if (ms <= 0) return false;
    // No less than a millisecond: a timer may be early by a part of one.
    this.cancelTimer = clock.after(Math.max(1, ms), () => {
      this.cancelTimer = null;
      this.pump();
    });
    return true;
  }
}
