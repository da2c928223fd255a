import { expect, test } from 'vitest';
import { createMutex, QueueFull } from '../../src/storage/mutex.js';

test('tasks run one after the other, in order, whatever becomes of them', async () => {
  const inOrder = createMutex(10);
  const log: string[] = [];
  const task = (name: string, fail = false) =>
    inOrder(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
      if (fail) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([task('a'), task('b', true), task('c')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('more than the limit are refused at once, and there is room again when one has ended', async () => {
  const inOrder = createMutex(1);
  let finish = () => undefined as unknown;
  const first = inOrder(() => new Promise<unknown>((resolve) => (finish = () => resolve(null))));
  await expect(inOrder(async () => undefined)).rejects.toThrow(QueueFull);
  await Promise.resolve();
  finish();
  await first;
  await expect(inOrder(async () => 'next')).resolves.toBe('next');
});
