import { expect, onTestFinished, test } from 'vitest';
import { createScheduler } from '../../src/health/scheduler.js';
import { createFakeClock } from '../support/fake-clock.js';

/** A scheduler whose runs end when the test says so, or when they are aborted. */
function start(maxInFlight = 10) {
  const clock = createFakeClock();
  const scheduler = createScheduler({ clock, maxInFlight });
  onTestFinished(() => scheduler.stop());
  const running: { name: string; end: () => void; signal: AbortSignal }[] = [];
  const started: string[] = [];
  return {
    clock,
    scheduler,
    running,
    started,
    every: (ms: number, name: string) =>
      scheduler.every(ms, (signal) => {
        started.push(name);
        return new Promise<void>((resolve) => {
          const run = { name, signal, end };
          function end() {
            running.splice(running.indexOf(run), 1);
            resolve();
          }
          running.push(run);
          signal.addEventListener('abort', end);
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

test('running now aborts the run under way and moves the schedule', async () => {
  const { clock, every, running, started } = start();
  const job = every(60, 'a');
  await settle();
  const [first] = running;
  clock.advance(30);
  job.runNow();
  await settle();
  expect(first?.signal.aborted).toBe(true);
  expect(started).toHaveLength(2);
  running[0]?.end();
  await settle();
  clock.advance(59);
  await settle();
  expect(started).toHaveLength(2);
  clock.advance(1);
  await settle();
  expect(started).toHaveLength(3);
});

test('skipping aborts the run under way and waits one interval', async () => {
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
