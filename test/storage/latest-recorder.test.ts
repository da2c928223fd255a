import { expect, test } from 'vitest';
import { createLatestRecorder } from '../../src/storage/latest-recorder.js';

function startRecorder(limit = 1_000) {
  const written: [string, string][] = [];
  const lost: string[] = [];
  const open: ((error?: Error) => void)[] = [];
  const recorder = createLatestRecorder({
    write(key, text) {
      written.push([key, text]);
      return new Promise<void>((resolve, reject) =>
        open.push((error) => (error ? reject(error) : resolve())),
      );
    },
    limit,
    onLost: (error, key) => lost.push(`${key}: ${(error as Error).message}`),
  });
  /** Ends the write that is under way; the next one has begun when it resolves. */
  const finish = async (error?: Error) => {
    open.shift()!(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { recorder, written, lost, finish };
}

test('one write is under way at a time, and of what waits only the newest of each key is written', async () => {
  const { recorder, written, finish } = startRecorder();
  for (const [key, text] of [
    ['a', '1'],
    ['a', '2'],
    ['b', '1'],
    ['a', '3'],
  ] as const)
    recorder.record(key, text);
  expect(written).toEqual([['a', '1']]);
  await finish();
  await finish();
  await finish();
  await recorder.settled();
  expect(written).toEqual([
    ['a', '1'],
    ['b', '1'],
    ['a', '3'],
  ]);
  recorder.record('c', '1');
  expect(written.at(-1)).toEqual(['c', '1']);
});

test('what fails is told, and the next is written', async () => {
  const { recorder, written, lost, finish } = startRecorder();
  recorder.record('a', '1');
  recorder.record('b', '1');
  await finish(new Error('no space'));
  expect(lost).toEqual(['a: no space']);
  expect(written).toHaveLength(2);
});

test('what would wait beyond the limit is told as lost, and there is room again after a write', async () => {
  const { recorder, written, lost, finish } = startRecorder(5);
  recorder.record('under way', '12345');
  recorder.record('a', '123');
  recorder.record('b', '123');
  expect(lost).toEqual(['b: more than 5 characters are waiting to be written down']);
  // In place of what waited before it.
  recorder.record('a', '12345');
  await finish();
  recorder.record('b', '12345');
  await finish();
  expect(written.map(([key]) => key)).toEqual(['under way', 'a', 'b']);
});
