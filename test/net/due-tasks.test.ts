import { expect, test } from 'vitest';
import { createDueTasks } from '../../src/net/due-tasks.js';

test('tasks come in the order of their moments, those of one moment in the order in which they were added', () => {
  const tasks = createDueTasks();
  // Each moment comes several times, and in no order.
  const moments = Array.from({ length: 500 }, (_, index) => (index * 7919) % 97);
  const added = moments.map((dueAt, index) => ({ index, due: tasks.add(dueAt, () => index) }));
  for (const { index, due } of added) if (index % 3 === 0) due.task = null;
  const left = added.filter(({ index }) => index % 3 !== 0);
  expect(tasks.size).toBe(left.length);
  const expected = left
    .sort((a, b) => a.due.dueAt - b.due.dueAt || a.index - b.index)
    .map(({ index }) => index);
  const taken: unknown[] = [];
  for (let due = tasks.take(1_000); due; due = tasks.take(1_000)) taken.push(due.task!());
  expect(taken).toEqual(expected);
  expect([tasks.size, tasks.next]).toEqual([0, undefined]);
});

test('nothing is taken before its moment', () => {
  const tasks = createDueTasks();
  tasks.add(10, () => 'ten');
  expect(tasks.take(9)).toBeUndefined();
  expect(tasks.next?.dueAt).toBe(10);
  expect(tasks.take(10)?.task?.()).toBe('ten');
});
