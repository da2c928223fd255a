import type { TrafficFault } from '../../src/bridge/faults.js';
import { createTrafficFaults, type TrafficFaults } from '../../src/faults/traffic-faults.js';
import type { Clock } from '../../src/net/clock.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';

let made = 0;

/** A fault on whatever goes to 127.0.0.1, that does nothing by itself. */
export function trafficFault(fields: Partial<TrafficFault> = {}): TrafficFault {
  made += 1;
  return {
    on: 'traffic',
    name: `fault-${made}`,
    number: made,
    seconds: null,
    target: { kind: 'origin', address: '127.0.0.1', port: null },
    direction: 'downstream',
    share: 1,
    latencyMs: 0,
    jitterMs: 0,
    bytesPerSecond: null,
    cut: null,
    slowCloseMs: 0,
    ...fields,
  };
}

/** The same numbers in the same order for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface TestFaults {
  readonly faults: TrafficFaults;
  readonly clock: FakeClock;
  /** Names of those that have struck, in order. */
  readonly struck: readonly string[];
  /** Takes these in place of those before; without any all are gone. */
  set(...faults: readonly Partial<TrafficFault>[]): void;
}

/** Faults on a clock that stands still until the test moves it. */
export function testFaults(random = seededRandom(1)): TestFaults {
  const clock = createFakeClock();
  const struck: string[] = [];
  const faults = createTrafficFaults({ clock: clock as Clock, random }, ({ name }) => void struck.push(name));
  return { faults, clock, struck, set: (...some) => faults.set(some.map(trafficFault)) };
}
