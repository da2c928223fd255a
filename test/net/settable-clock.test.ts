import { expect, test } from 'vitest';
import { realTime } from '../../src/net/clock.js';
import { createSettableClock, REAL } from '../../src/net/settable-clock.js';

const AT = Date.UTC(2030, 0, 1);
const stopped = (patienceMs?: number) => createSettableClock({ stoppedAt: AT }, patienceMs);

/** A task that notes the time and is due again `every` ms later. */
function ticking(clock: ReturnType<typeof stopped>, every: number, work: () => void = () => {}) {
  const ticks: number[] = [];
  const tick = () => {
    ticks.push(clock.now() - AT);
    clock.after(every, tick);
    work();
  };
  clock.after(every, tick);
  return ticks;
}

test('time that passes runs each task at its own moment, those that are added on the way as well', async () => {
  const clock = stopped();
  const ticks = ticking(clock, 10_000);
  const order: string[] = [];
  clock.after(30_000, () => order.push('later'));
  clock.after(5_000, () => order.push('sooner'));
  clock.after(5_000, () => order.push('as soon, and added later'));
  const cancel = clock.after(1, () => order.push('taken back'));
  cancel();
  expect(await clock.move({ stoppedAt: AT + 60_000 }, 'passes')).toBe(true);
  expect(ticks).toEqual([10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  expect(order).toEqual(['sooner', 'as soon, and added later', 'later']);
  expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([AT + 60_000, 60_000, 1]);
});

test('time goes on when what was begun is done, and what is done may make something due', async () => {
  const clock = stopped();
  const seen: [string, number][] = [];
  const see = (what: string) => seen.push([what, clock.now() - AT]);
  const work = async () => {
    see('begun');
    await realTime.wait(5);
    see('done');
    clock.after(500, () => see('made due'));
  };
  clock.after(1_000, () => clock.during(work()));
  clock.after(1_000, () => see('of the same moment'));
  clock.after(2_000, () => see('next'));
  await clock.move({ stoppedAt: AT + 3_000 }, 'passes');
  expect(seen).toEqual([
    ['begun', 1_000],
    ['of the same moment', 1_000],
    ['done', 1_000],
    ['made due', 1_500],
    ['next', 2_000],
  ]);
});

test('a jump runs what is due once, in order, at the new time', async () => {
  const clock = stopped();
  const ticks = ticking(clock, 10_000);
  const order: string[] = [];
  clock.after(7_000, () => order.push('second'));
  clock.after(6_000, () => order.push('first'));
  await clock.move({ stoppedAt: AT + 3_600_000 }, 'jumps');
  expect(ticks).toEqual([3_600_000]);
  expect(order).toEqual(['first', 'second']);
  await clock.move({ stoppedAt: AT + 3_610_000 }, 'jumps');
  expect(ticks).toEqual([3_600_000, 3_610_000]);
});

test('the first of two tasks that are due at a jump can take the second back', async () => {
  const clock = stopped();
  let ran = false;
  clock.after(1, () => cancel());
  const cancel = clock.after(2, () => {
    ran = true;
  });
  await clock.move({ stoppedAt: AT + 10 }, 'jumps');
  expect(ran).toBe(false);
});

test('an earlier time makes nothing due, and the monotonic time does not go back', async () => {
  const clock = stopped();
  const ticks = ticking(clock, 10_000);
  await clock.move({ stoppedAt: AT + 15_000 }, 'passes');
  await clock.move({ stoppedAt: AT - 3_600_000 }, 'jumps');
  expect([clock.now(), clock.monotonic(), ticks.length]).toEqual([AT - 3_600_000, 15_000, 1]);
  await clock.move({ stoppedAt: AT - 3_600_000 + 4_999 }, 'passes');
  expect(ticks.length).toBe(1);
  await clock.move({ stoppedAt: AT - 3_600_000 + 5_000 }, 'passes');
  expect(ticks.length).toBe(2);
});

test('what takes too long is left behind, and the rest of the way is a jump', async () => {
  const clock = stopped(50);
  const ticks = ticking(clock, 10_000, () => clock.during(new Promise(() => {})));
  expect(await clock.move({ stoppedAt: AT + 60_000 }, 'passes')).toBe(false);
  expect(ticks).toEqual([10_000, 60_000]);
  expect(clock.now()).toBe(AT + 60_000);
});

test('a task that is due again at once ends no advance', async () => {
  const clock = stopped(50);
  let runs = 0;
  const again = () => {
    runs += 1;
    clock.after(0, again);
  };
  clock.after(0, again);
  expect(() => clock.advance(1)).toThrow('more than 100000 tasks were due within 1 ms');
  const before = runs;
  expect(await clock.move({ stoppedAt: AT + 10 }, 'passes')).toBe(false);
  expect([runs > before, clock.now()]).toEqual([true, AT + 10]);
});

test('a clock that goes runs its tasks in order, is stopped and goes on with what was left', async () => {
  const clock = createSettableClock();
  expect([clock.state, Math.abs(clock.now() - Date.now()) < 60_000]).toEqual([REAL, true]);
  const order: string[] = [];
  const ran = new Promise<void>((resolve) => {
    clock.after(2, () => resolve(void order.push('second')));
    clock.after(1, () => order.push('first'));
  });
  await ran;
  expect(order).toEqual(['first', 'second']);

  const last = new Promise<void>((resolve) => {
    clock.after(60_000, () => resolve(void order.push('third')));
  });
  await clock.move({ stoppedAt: AT }, 'jumps');
  expect(clock.state).toEqual({ stoppedAt: AT });
  expect(order).toEqual(['first', 'second', 'third']);
  await last;
  let woken = () => {};
  const woke = new Promise<void>((resolve) => {
    woken = resolve;
  });
  clock.after(5, woken);
  const offsetMs = AT - Date.now();
  const stood = clock.monotonic();
  await clock.move({ offsetMs }, 'jumps');
  await woke;
  expect(clock.state).toEqual({ offsetMs });
  expect(clock.now()).toBeGreaterThanOrEqual(AT);
  expect(clock.monotonic()).toBeGreaterThan(stood);
});

test('what was under way before belongs to the time before, and nobody waits for it to stop a clock', async () => {
  const clock = createSettableClock();
  let end = () => {};
  const seen: number[] = [];
  const work = new Promise<void>((resolve) => {
    end = resolve;
  });
  clock.during(work.then(() => void seen.push(clock.now())));
  expect(await clock.move({ stoppedAt: AT }, 'stays')).toBe(true);
  const moved = clock.move({ stoppedAt: AT + 60_000 }, 'jumps');
  setImmediate(end);
  expect(await moved).toBe(true);
  expect([seen, clock.now()]).toEqual([[AT], AT + 60_000]);
});

test('work that fails is done as well, and a move waits for no other', async () => {
  const clock = stopped();
  clock.during(Promise.reject(new Error('told to fail')));
  expect(await clock.move({ stoppedAt: AT + 1_000 }, 'passes')).toBe(true);
});

test('moves are made one after the other', async () => {
  const clock = stopped();
  const seen: number[] = [];
  const work = async () => {
    await realTime.wait(5);
    seen.push(clock.now() - AT);
  };
  clock.after(1_000, () => clock.during(work()));
  await Promise.all([
    clock.move({ stoppedAt: AT + 1_000 }, 'passes'),
    clock.move({ stoppedAt: AT + 9_000 }, 'jumps'),
  ]);
  expect([seen, clock.now()]).toEqual([[1_000], AT + 9_000]);
});
