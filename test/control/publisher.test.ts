import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createPublisher } from '../../src/control/publisher.js';
import type { SnapshotDelta } from '../../src/state/snapshot.js';

const delta = (revision: number): SnapshotDelta => ({ revision, complete: false, upsert: {}, remove: {} });

function startPublisher(patienceMs: number) {
  const sent: number[] = [];
  const lines: unknown[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const publisher = createPublisher({ send: ({ revision }) => sent.push(revision), log, patienceMs });
  return { publisher, sent, lines };
}

test('a write is answered when the data plane follows its own revision, in whatever order it says so', async () => {
  const { publisher, sent } = startPublisher(60_000);
  const answered: number[] = [];
  const first = publisher.publish(delta(1)).then(() => answered.push(1));
  const second = publisher.publish(delta(2)).then(() => answered.push(2));
  expect(sent).toEqual([1, 2]);
  publisher.applied(2);
  await second;
  expect(answered).toEqual([2]);
  publisher.applied(1);
  await first;
  expect(answered).toEqual([2, 1]);
});

test('a data plane that does not answer holds a write only for so long, and the log says it', async () => {
  const { publisher, lines } = startPublisher(1);
  await publisher.publish(delta(7));
  expect(lines).toMatchObject([{ revision: 7, msg: expect.stringContaining('has not confirmed') }]);
  publisher.applied(7);
});
