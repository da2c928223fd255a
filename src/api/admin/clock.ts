import { z } from 'zod';
import { ok } from '../envelope.js';
import { ApiError } from '../errors.js';
import type { Http } from '../http.js';
import { notice } from '../notices.js';
import { forTests, type TestControl } from './test-control.js';

/** What a test does with time. One of `stop` and `start`, one of `set` and `advanceMs`, or one of each, which is one step. */
export interface ClockChange {
  /** It stands still from then on. */
  readonly stop?: boolean | undefined;
  /** It goes on from then on, as fast as real time. */
  readonly start?: boolean | undefined;
  readonly set?: Date | undefined;
  readonly advanceMs?: number | undefined;
}

export interface ClockReading {
  readonly now: Date;
  readonly stopped: boolean;
  /** How far it is ahead of real time. */
  readonly offsetMs: number;
}

export interface ClockControl {
  read(): ClockReading;
  /** Answers when what was due has been done; false when that took too long. Throws a RangeError for a time that cannot be set. */
  change(change: ClockChange): Promise<boolean>;
  /** Back to real time. */
  reset(): Promise<void>;
}

/** Ten years of 365 days. */
export const MOST_MS = 10 * 365 * 24 * 60 * 60 * 1000;

/** Without bounds in the schema: many clients would take them for more than a number can be. */
const duration = z
  .int('must be an integer')
  .refine((ms) => ms >= 0 && ms <= MOST_MS, `is not in range [0, ${MOST_MS}]`);
const yes = z.literal(true, 'must be true, or left out').optional();
const body = z
  .strictObject({
    stop: yes,
    start: yes,
    set: z.iso
      .datetime({ offset: true, error: 'must be a time such as "2026-01-31T12:00:00Z"' })
      .transform((text) => new Date(text))
      .optional(),
    advance_ms: duration.optional(),
  })
  .refine(
    (given) => Object.keys(given).length > 0,
    'the body names nothing to do: stop, start, set or advance_ms',
  )
  .refine(({ stop, start }) => !(stop && start), 'stop and start exclude each other: give one of them')
  .refine(({ set, advance_ms }) => set === undefined || advance_ms === undefined, {
    message: 'set and advance_ms exclude each other: give one of them',
  });

const PATH = '/_offramp/clock';

/** The time that the rules of the product go by: see docs/test-control.md. */
export function clockRoutes(app: Http, clock: ClockControl, control: Pick<TestControl, 'allowed'>): void {
  const hidden = { hide: true } as const;
  const shown = () => toWire(clock.read());

  app.get(PATH, { schema: hidden }, async () => ok(shown()));
  app.post(PATH, { schema: { ...hidden, body } }, async (request) => {
    forTests(control, request);
    const { stop, start, set, advance_ms: advanceMs } = request.body;
    const done = await clock.change({ stop, start, set, advanceMs }).catch(refuse);
    return ok(shown(), done ? [] : [HURRIED]);
  });
  app.delete(PATH, { schema: hidden }, async (request) => {
    forTests(control, request);
    await clock.reset().catch(refuse);
    return ok(shown());
  });
}

/** A time that cannot be set, or a data plane that does not answer. */
function refuse(error: Error): never {
  throw new ApiError(error instanceof RangeError ? 'invalid_request' : 'overloaded', error.message);
}

const HURRIED = notice(
  'clock_hurried',
  'what became due was not done in time: what was left was begun at the end, once, and may still be under way; advance the clock by less at a time',
);

const toWire = ({ now, stopped, offsetMs }: ClockReading) => ({
  now: now.toISOString(),
  stopped,
  offset_ms: offsetMs,
});
