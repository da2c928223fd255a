import { expect, test } from 'vitest';
import { pickFirstPool } from '../../src/steering/pools/off.js';
import { pickRandomPool } from '../../src/steering/pools/random.js';
import { liveSettings, unmonitoredPool } from '../support/live-objects.js';
import { seededRandom, shares } from './seeded-random.js';

const pool = (id: string) => unmonitoredPool({ id, origins: [] });
const weights = (poolWeights: Record<string, number>, defaultWeight = 1) =>
  liveSettings({ defaultPools: [], randomSteering: { defaultWeight, poolWeights } });

test('off takes the first available pool of the list', () => {
  const [a, b] = [pool('a'), pool('b')];
  expect(pickFirstPool([b, a])).toBe(b);
});

test('random draws pools by weight', () => {
  const random = seededRandom(3);
  const pools = [pool('a'), pool('b')];
  const drawn = shares(20_000, () => pickRandomPool(pools, weights({ a: 0.8, b: 0.2 }), random).id);
  expect(Math.abs(drawn.a! - 0.8)).toBeLessThan(0.02);
});

test('a pool without a weight of its own has the default weight', () => {
  const random = seededRandom(4);
  const pools = [pool('a'), pool('b')];
  const drawn = shares(20_000, () => pickRandomPool(pools, weights({ a: 0.1 }, 0.3), random).id);
  expect(Math.abs(drawn.a! - 0.25)).toBeLessThan(0.02);
});

test('a pool of weight 0 is never drawn while another has a weight', () => {
  const random = seededRandom(5);
  const pools = [pool('a'), pool('b'), pool('c')];
  const drawn = shares(5_000, () => pickRandomPool(pools, weights({ a: 0, c: 0 }), random).id);
  expect(drawn).toEqual({ b: expect.closeTo(1) });
});

test('the largest random number does not draw a last pool of weight 0', () => {
  const pools = [pool('a'), pool('b')];
  expect(pickRandomPool(pools, weights({ a: 0.3, b: 0 }), () => 1 - 2 ** -53).id).toBe('a');
});

test('when all weights are 0 the list order decides', () => {
  expect(pickRandomPool([pool('b'), pool('a')], weights({}, 0), () => 0.99).id).toBe('b');
});
