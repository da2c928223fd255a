import { expect, test } from 'vitest';
import { createRecorder } from '../../src/storage/recorder.js';

test('events are written in their order, one after the other, and settled waits for all of them', async () => {
  const log: string[] = [];
  const recorder = createRecorder<number>({
    limit: 10,
    onLost: () => log.push('lost'),
    async write(event) {
      log.push(`start ${event}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`end ${event}`);
    },
  });
  for (const event of [1, 2]) recorder.record(event);
  await recorder.settled();
  expect(log).toEqual(['start 1', 'end 1', 'start 2', 'end 2']);
});

test('an event that cannot be written is lost, and so is one too many; the others are written', async () => {
  const written: number[] = [];
  const lost: [string, number][] = [];
  const recorder = createRecorder<number>({
    limit: 2,
    onLost: (error, event) => lost.push([(error as Error).message, event]),
    async write(event) {
      if (event === 1) throw new Error('no');
      written.push(event);
    },
  });
  for (const event of [1, 2, 3]) recorder.record(event);
  await expect.poll(() => lost.length).toBe(2);
  recorder.record(4);
  await recorder.settled();
  expect(written).toEqual([2, 4]);
  expect(lost).toContainEqual(['no', 1]);
  expect(lost).toContainEqual([expect.stringContaining('more than 2'), 3]);
});

test('settled waits for what is under way, also when nothing more has room', async () => {
  const finish: (() => void)[] = [];
  const recorder = createRecorder<number>({
    limit: 2,
    onLost: () => undefined,
    write: () => new Promise<void>((resolve) => finish.push(resolve)),
  });
  for (const event of [1, 2, 3]) recorder.record(event);
  let settled = false;
  const all = recorder.settled().then(() => {
    settled = true;
  });
  await expect.poll(() => finish.length).toBe(1);
  finish[0]!();
  await expect.poll(() => finish.length).toBe(2);
  expect(settled).toBe(false);
  finish[1]!();
  await all;
});
