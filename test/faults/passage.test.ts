import { expect, test } from 'vitest';
import { type Conditions, type Cut, combinedConditions } from '../../src/faults/conditions.js';
import { Passage } from '../../src/faults/passage.js';
import { createFakeClock } from '../support/fake-clock.js';
import { trafficFault } from '../support/traffic-faults.js';

const NONE = combinedConditions([], 'upstream');

/** A passage whose far end writes down what it is given. */
function passage(conditions: Partial<Conditions>, draws: readonly number[] = []) {
  const clock = createFakeClock();
  const left = [...draws];
  const far = { takes: true, got: '', cuts: [] as Cut[], room: 0 };
  const one = new Passage(
    { clock, random: () => left.shift() ?? 0.5 },
    { ...NONE, ...conditions },
    {
      write(bytes) {
        far.got += bytes.toString('latin1');
        return far.takes;
      },
      room: () => {
        far.room += 1;
      },
      cut: (cut) => {
        far.cuts.push(cut);
        one.close();
      },
    },
  );
  return { clock, far, one, put: (text: string) => one.put(Buffer.from(text, 'latin1')) };
}

test('bytes come out late by the latency, in their order, and marks with them', () => {
  const { clock, far, one, put } = passage({ latencyMs: 100 });
  put('a');
  clock.advance(60);
  put('b');
  one.mark(() => {
    far.got += '|';
  });
  expect(far.got).toBe('');
  clock.advance(39);
  expect(far.got).toBe('');
  clock.advance(1);
  expect(far.got).toBe('a');
  clock.advance(60);
  expect(far.got).toBe('ab|');
  expect(clock.pending).toBe(0);
});

test('jitter is drawn for each piece, and no piece overtakes another', () => {
  const { clock, far, put } = passage({ latencyMs: 100, jitterMs: 50 }, [1, 0]);
  put('a');
  put('b');
  clock.advance(149);
  expect(far.got).toBe('');
  clock.advance(1);
  expect(far.got).toBe('ab');
});

test('jitter is never earlier than at once', () => {
  const { far, put } = passage({ jitterMs: 50 }, [0]);
  put('a');
  expect(far.got).toBe('a');
});

test('so many bytes a second: a piece comes when its last byte has gone over the line', () => {
  const { clock, far, put } = passage({ bytesPerSecond: 20 });
  put('abcdef');
  expect(far.got).toBe('');
  for (const [ms, got] of [
    [99, ''],
    [1, 'ab'],
    [100, 'abcd'],
    [100, 'abcdef'],
  ] as const) {
    clock.advance(ms);
    expect(far.got).toBe(got);
  }
  // The line has been free for long: that does not make up for anything.
  clock.advance(10_000);
  put('gh');
  expect(far.got).toBe('abcdef');
  clock.advance(100);
  expect(far.got).toBe('abcdefgh');
  expect(clock.pending).toBe(0);
});

test.each(['close', 'reset'] as const)('exactly so many bytes pass before a %s', (how) => {
  const { far, put } = passage({ cut: { how, afterBytes: 5, by: 'x' } });
  put('abc');
  expect(far.cuts).toEqual([]);
  put('defg');
  expect([far.got, far.cuts.length]).toEqual(['abcde', 1]);
});

test('after 0 bytes is when the first one would pass, and marks pass before that', () => {
  const { far, one, put } = passage({ cut: { how: 'reset', afterBytes: 0, by: 'x' } });
  one.mark(() => {
    far.got += '|';
  });
  expect([far.got, far.cuts]).toEqual(['|', []]);
  put('a');
  expect([far.got, far.cuts.length]).toEqual(['|', 1]);
});

test('what holds lets nothing pass behind its bytes, no end either, until it is gone', () => {
  const { clock, far, one, put } = passage({ cut: { how: 'hold', afterBytes: 2, by: 'x' } });
  put('abc');
  one.mark(() => {
    far.got += '|';
  });
  clock.advance(1_000_000);
  expect(far.got).toBe('ab');
  one.update(NONE);
  expect(far.got).toBe('abc|');
});

test('when a latency goes, what is on its way comes at once', () => {
  const { clock, far, one, put } = passage({ latencyMs: 60_000, bytesPerSecond: 1 });
  put('abc');
  one.update(NONE);
  expect(far.got).toBe('abc');
  expect(clock.pending).toBe(0);
});

test('what the far end does not take waits, and no more is taken than a window', () => {
  const { clock, far, one } = passage({ latencyMs: 10 });
  far.takes = false;
  const piece = Buffer.alloc(64 * 1024);
  expect([one.put(piece), one.put(piece), one.put(piece)]).toEqual([true, true, true]);
  expect(one.put(piece)).toBe(false);
  clock.advance(10);
  expect([far.got.length, far.room]).toEqual([piece.length, 1]);
  far.takes = true;
  one.resume();
  expect(far.got.length).toBe(4 * piece.length);
});

test('a passage that is closed keeps no timer and lets nothing pass', () => {
  const { clock, far, one, put } = passage({ latencyMs: 10 });
  put('a');
  one.close();
  expect(clock.pending).toBe(0);
  put('b');
  clock.advance(100);
  expect(far.got).toBe('');
});

test('several faults act together: latencies add up, the least bandwidth and the first cut count', () => {
  const both = [
    trafficFault({ name: 'a', latencyMs: 10, bytesPerSecond: 500, cut: { how: 'close', afterBytes: 9 } }),
    trafficFault({ name: 'b', latencyMs: 5, jitterMs: 1, bytesPerSecond: 100, slowCloseMs: 7 }),
    trafficFault({ name: 'c', direction: 'both', cut: { how: 'reset', afterBytes: 3 } }),
    trafficFault({ name: 'd', cut: { how: 'close', afterBytes: 3 } }),
  ];
  expect(combinedConditions(both, 'downstream')).toEqual({
    latencyMs: 15,
    jitterMs: 1,
    bytesPerSecond: 100,
    cut: { how: 'reset', afterBytes: 3, by: 'c' },
    slowCloseMs: 7,
  });
  expect(combinedConditions(both, 'upstream')).toMatchObject({ latencyMs: 0, cut: { by: 'c' } });
});
