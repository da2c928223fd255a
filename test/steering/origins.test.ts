import { expect, test } from 'vitest';
import { pickHashedOrigin } from '../../src/steering/origins/hash.js';
import { pickRandomOrigin } from '../../src/steering/origins/random.js';
import { type WeightedOrigins, weighOrigins } from '../../src/steering/weighted.js';
import { liveOrigin } from '../support/live-objects.js';
import { seededRandom, shares } from './seeded-random.js';

const DRAWS = 40_000;

function weighted(weights: Readonly<Record<string, number>>): WeightedOrigins {
  const origins = Object.entries(weights).map(([name, weight], index) =>
    liveOrigin({ name, key: name, weight, port: 8000 + index }),
  );
  return weighOrigins(origins)!;
}

const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

test('a random origin is drawn in proportion to the weights', () => {
  const origins = weighted({ a: 0.25, b: 0.25, c: 0.5 });
  const random = seededRandom(1);
  const drawn = shares(DRAWS, () => pickRandomOrigin(origins, '', random).name);
  expect(drawn.a).toBeCloseTo(0.25, 1);
  expect(Math.abs(drawn.a! - 0.25)).toBeLessThan(0.02);
  expect(Math.abs(drawn.b! - 0.25)).toBeLessThan(0.02);
  expect(Math.abs(drawn.c! - 0.5)).toBeLessThan(0.02);
});

test('many uneven weights keep their shares', () => {
  const weights = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`o${i}`, (i + 1) / 20]));
  const total = 10.5;
  const random = seededRandom(2);
  const origins = weighted(weights);
  const drawn = shares(DRAWS, () => pickRandomOrigin(origins, '', random).name);
  for (const [name, weight] of Object.entries(weights)) {
    expect(Math.abs((drawn[name] ?? 0) - weight / total)).toBeLessThan(0.01);
  }
});

test('an origin of weight 0 is never drawn', () => {
  const origins = weighted({ a: 1, none: 0 });
  expect(origins.origins.map(({ name }) => name)).toEqual(['a']);
  expect(weighOrigins([liveOrigin({ port: 1, weight: 0 })])).toBeNull();
});

test('the largest random number still draws an origin', () => {
  expect(pickRandomOrigin(weighted({ a: 0.1, b: 0.3 }), '', () => 1 - 2 ** -53).name).toMatch(/^[ab]$/);
});

test('the hash policy keeps a client on its origin', () => {
  const origins = weighted({ a: 1, b: 1, c: 1 });
  for (let i = 0; i < 200; i++) {
    const first = pickHashedOrigin(origins, address(i));
    for (let again = 0; again < 5; again++) expect(pickHashedOrigin(origins, address(i))).toBe(first);
  }
});

test('the hash policy spreads clients by weight', () => {
  const origins = weighted({ a: 0.2, b: 0.8 });
  const spread = shares(DRAWS, (i) => pickHashedOrigin(origins, address(i)).name);
  expect(Math.abs(spread.a! - 0.2)).toBeLessThan(0.02);
});

test('an origin that leaves moves only its own clients, and they spread over the others', () => {
  const all = weighted({ a: 1, b: 1, c: 1 });
  const left = weighted({ a: 1, c: 1 });
  const moved = { a: 0, c: 0 };
  for (let i = 0; i < 6_000; i++) {
    const before = pickHashedOrigin(all, address(i)).name;
    const after = pickHashedOrigin(left, address(i)).name as 'a' | 'c';
    if (before === 'b') moved[after] += 1;
    else expect(after).toBe(before);
  }
  expect(moved.a).toBeGreaterThan(800);
  expect(moved.c).toBeGreaterThan(800);
});
