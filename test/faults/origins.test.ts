import { describe, expect, test } from 'vitest';
import type { TrafficFault } from '../../src/bridge/faults.js';
import { newest } from '../support/request-filters.js';
import { eventually } from '../support/waiting.js';
import { advanceUntil, BODY_BYTES, type OpenWay, WAYS, watch } from './ways.js';

const last = ({ rig }: OpenWay) => rig.requests.find(newest(1))[0]!;

/** As before any fault: an answer at once, and nothing left behind. */
async function expectHarmless(way: OpenWay): Promise<void> {
  way.under.set();
  const asked = way.ask();
  expect(await asked.ended).toBe('complete');
  expect([asked.status, asked.bodyBytes]).toEqual([200, BODY_BYTES]);
  await eventually(() => last(way).status === 200);
  expect(last(way).faults).toEqual([]);
  await eventually(() => way.under.faults.connections === 0);
  expect(way.under.clock.pending).toBe(0);
}

describe.each(WAYS)('$name', ({ streams, open }) => {
  test('latency holds the answer back, by whatever the origin is recognized', async () => {
    const way = await open();
    const { under } = way;
    for (const target of way.targets) {
      under.set({ name: 'late', target, latencyMs: 500 } satisfies Partial<TrafficFault>);
      const served = way.served();
      const before = way.received();
      const asked = way.ask();
      const ended = watch(asked.ended);
      await advanceUntil(under, () => way.served() > served, 1);
      // The answer is on its way, and no time passes any more.
      await eventually(() => under.clock.pending > 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect([asked.status, asked.bodyBytes]).toEqual([null, 0]);
      await advanceUntil(under, () => ended.value !== null);
      expect([ended.value, asked.status, asked.bodyBytes]).toEqual(['complete', 200, BODY_BYTES]);
      expect(way.received() - before).toBeGreaterThan(BODY_BYTES);
      expect(last(way).faults).toEqual(['late']);
      await expectHarmless(way);
    }
    expect(under.struck.length).toBe(way.targets.length);
  });

  test('no more bytes a second reach the client than the bandwidth allows', async () => {
    const way = await open();
    const { under } = way;
    under.set({ target: way.targets[0]!, bytesPerSecond: 10_000 });
    const asked = way.ask();
    const ended = watch(asked.ended);
    await eventually(() => under.clock.pending > 0);
    let seconds = 0;
    while (ended.value === null) {
      under.clock.advance(100);
      seconds += 0.1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(asked.bodyBytes).toBeLessThanOrEqual(10_000 * seconds + 1);
    }
    expect([ended.value, asked.bodyBytes]).toEqual(['complete', BODY_BYTES]);
    await expectHarmless(way);
  });

  test('a connection that closes after so many bytes breaks the answer off there', async () => {
    const way = await open();
    way.under.set({ name: 'cut', target: way.targets[0]!, cut: { how: 'close', afterBytes: 20_000 } });
    const asked = way.ask();
    expect(await asked.ended).toBe('broken');
    expect(asked.bodyBytes).toBeLessThanOrEqual(20_000);
    await eventually(() => last(way).error !== null);
    expect(last(way)).toMatchObject({ status: 200, faults: ['cut'] });
    await expectHarmless(way);
  });

  test('a reset is what the proxy makes of an origin that resets, and the log names the fault', async () => {
    const way = await open();
    way.under.set({
      name: 'rst',
      target: way.targets[0]!,
      direction: 'both',
      cut: { how: 'reset', afterBytes: 0 },
    });
    const asked = way.ask();
    await asked.ended;
    expect([last(way).status, way.served()]).toEqual([streams ? 502 : 520, 0]);
    expect(last(way).faults).toEqual(['rst']);
    expect(last(way).failedAttempts.at(-1)!.detail).toContain('the fault "rst" has reset');
    await expectHarmless(way);
  });

  test('in a black hole nobody is reached, and the request fails in its time', async () => {
    const way = await open({ originHead: 1_000 });
    way.under.set({ name: 'hole', target: way.targets[0]!, cut: { how: 'hold', afterBytes: null } });
    const asked = way.ask();
    const ended = watch(asked.ended);
    await eventually(() => way.under.faults.connections > 0);
    if (streams) await asked.ended;
    else await advanceUntil(way.under, () => ended.value !== null, 1_000);
    expect([last(way).status, way.served()]).toEqual([streams ? 524 : 522, 0]);
    expect(last(way).faults).toEqual(['hole']);
    await expectHarmless(way);
  });

  test('who waits in a black hole is served as soon as it is gone', async () => {
    const way = await open();
    way.under.set({ target: way.targets[0]!, cut: { how: 'hold', afterBytes: null } });
    const asked = way.ask();
    await eventually(() => way.under.faults.connections > 0);
    way.under.set();
    expect(await asked.ended).toBe('complete');
    expect([asked.status, asked.bodyBytes]).toEqual([200, BODY_BYTES]);
  });

  test('what stalls in the middle of an answer goes on when the fault is gone', async () => {
    const way = await open();
    way.under.set({ target: way.targets[0]!, cut: { how: 'hold', afterBytes: 30_000 } });
    const asked = way.ask();
    await eventually(() => asked.bodyBytes > 20_000);
    expect(asked.bodyBytes).toBeLessThanOrEqual(30_000);
    way.under.set();
    expect(await asked.ended).toBe('complete');
    expect(asked.bodyBytes).toBe(BODY_BYTES);
    await expectHarmless(way);
  });
});
