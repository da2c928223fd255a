import { expect, onTestFinished, test } from 'vitest';
import type { Cancellation } from '../../src/health/probes/probe.js';
import { createScheduler } from '../../src/health/schedule/scheduler.js';
import { createFakeClock } from '../support/fake-clock.js';

/** A scheduler whose runs end when the test says so, or when they are cancelled. */
function start(maxInFlight = 10) {
  const clock = createFakeClock();
  const scheduler = createScheduler({ clock, maxInFlight });
  onTestFinished(() => scheduler.stop());
  const running: { name: string; end: () => void; cancellation: Cancellation }[] = [];
  const started: string[] = [];
  return {
    clock,
    scheduler,
    running,
    started,
    every: (ms: number, name: string) =>
      scheduler.every(ms, (cancellation) => {
        started.push(name);
        return new Promise<void>((resolve) => {
          const run = { name, cancellation, end };
          function end() {
            running.splice(running.indexOf(run), 1);
            resolve();
          }
          running.push(run);
          cancellation.onCancel(end);
        });
      }),
  };
}

/** Lets everything happen that is due now. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

test('the first run is at once, the next one interval after its start', async () => {
  const { clock, every, running, started } = start();
  every(60, 'a');
  await settle();
  expect(started).toEqual(['a']);
  clock.advance(20);
  running[0]?.end();
  await settle();
  clock.advance(39);
  await settle();
  expect(started).toHaveLength(1);
  clock.advance(1);
  await settle();
  expect(started).toHaveLength(2);
});

test('a run that takes longer than the interval is followed by the next at its end, and never overlaps', async () => {
  const { clock, every, running, started } = start();
  every(60, 'a');
  await settle();
  clock.advance(1_000);
  await settle();
  expect(started).toHaveLength(1);
  running[0]?.end();
  await settle();
  expect(started).toHaveLength(2);
});

test('no more runs than allowed are under way, and those that wait get their turn in order', async () => {
  const { every, running, started } = start(2);
  for (const name of ['a', 'b', 'c', 'd']) every(60, name);
  await settle();
  expect(started).toEqual(['a', 'b']);
  running[1]?.end();
  await settle();
  expect(started).toEqual(['a', 'b', 'c']);
  running[0]?.end();
  await settle();
  expect(started).toEqual(['a', 'b', 'c', 'd']);
});

test('jobs that are always due do not starve the others', async () => {
  const { clock, every, running, started } = start(1);
  for (const name of ['a', 'b', 'c']) every(1, name);
  await settle();
  for (let run = 0; run < 8; run += 1) {
    clock.advance(10);
    running[0]?.end();
    await settle();
  }
  expect(started.join('')).toBe('abcabcabc');
});

test('running now aborts the run under way, and the next comes in its turn', async () => {
  const { clock, every, running, started } = start();
  const job = every(60, 'a');
  await settle();
  const [first] = running;
  clock.advance(30);
  job.runNow();
  await settle();
  expect(first?.cancellation.isCancelled).toBe(true);
  expect(started).toHaveLength(2);
  running[0]?.end();
  await settle();
  clock.advance(29);
  await settle();
  expect(started).toHaveLength(2);
  clock.advance(1);
  await settle();
  expect(started).toHaveLength(3);
});

test('jobs that start together run together once, and then spread evenly over their interval', async () => {
  const clock = createFakeClock();
  const scheduler = createScheduler({ clock, maxInFlight: 10_000 });
  onTestFinished(() => scheduler.stop());
  const startedAt: number[] = [];
  const jobs = Array.from({ length: 1_000 }, () =>
    scheduler.every(60_000, async () => {
      startedAt.push(clock.monotonic());
    }),
  );
  while (startedAt.length < 1_000) await new Promise(setImmediate);
  expect(new Set(startedAt)).toEqual(new Set([0]));
  const countByTenth = async () => {
    const counts: number[] = [];
    for (let tenth = 0; tenth < 10; tenth += 1) {
      startedAt.length = 0;
      clock.advance(6_000);
      await new Promise(setImmediate);
      while (clock.pending < 1_000) await new Promise(setImmediate);
      counts.push(startedAt.length);
    }
    return counts;
  };
  await settle();
  for (const count of await countByTenth()) expect(Math.abs(count - 100)).toBeLessThanOrEqual(5);
  // All at once, as when a tunnel comes back: it does not stay so.
  for (const job of jobs) job.runNow();
  while (clock.pending < 1_000) await new Promise(setImmediate);
  for (const count of await countByTenth()) expect(Math.abs(count - 100)).toBeLessThanOrEqual(5);
});

test('runs begin at multiples of 5 ms, so that those of one moment share a turn of the event loop', async () => {
  const clock = createFakeClock();
  const scheduler = createScheduler({ clock, maxInFlight: 100 });
  onTestFinished(() => scheduler.stop());
  const startedAt: number[] = [];
  for (let job = 0; job < 50; job += 1)
    scheduler.every(7_000, async () => {
      startedAt.push(clock.now());
    });
  await settle();
  while (clock.pending < 50) await new Promise(setImmediate);
  startedAt.length = 0;
  for (let ms = 0; ms < 7_000; ms += 1) {
    clock.advance(1);
    if (clock.pending < 50) await settle();
  }
  expect(startedAt).toHaveLength(50);
  expect(startedAt.filter((at) => at % 5 !== 0)).toEqual([]);
});

test('skipping aborts the run under way and waits for the next turn', async () => {
  const { clock, every, running, started } = start();
  const job = every(60, 'a');
  await settle();
  job.skip();
  await settle();
  expect(running).toEqual([]);
  clock.advance(59);
  await settle();
  expect(started).toHaveLength(1);
  clock.advance(1);
  await settle();
  expect(started).toHaveLength(2);
});

test('skipping a run that waits for room forgets it', async () => {
  const { every, running, started } = start(1);
  every(60, 'a');
  every(60, 'b').skip();
  await settle();
  running[0]?.end();
  await settle();
  expect(started).toEqual(['a']);
});

test('an ended job leaves nothing behind', async () => {
  const { clock, every, running, started } = start();
  const job = every(60, 'a');
  await settle();
  job.end();
  job.runNow();
  job.skip();
  await settle();
  expect(running).toEqual([]);
  expect(clock.pending).toBe(0);
  expect(started).toEqual(['a']);
});

test('stopping aborts what is under way and what waits', async () => {
  const { clock, scheduler, every, running, started } = start(1);
  every(60, 'a');
  every(60, 'b');
  await settle();
  await scheduler.stop();
  await settle();
  expect(running).toEqual([]);
  expect(started).toEqual(['a']);
  expect(clock.pending).toBe(0);
});
