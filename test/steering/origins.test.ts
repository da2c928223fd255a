import { expect, test } from 'vitest';
import { createLoadBoard } from '../../src/state/load-board.js';
import { ORIGIN_POLICIES, type OriginPicker } from '../../src/steering/policies/origin-policies.js';
import { origin } from './rig.js';
import { seededRandom, shares } from './seeded-random.js';

const DRAWS = 100_000;
const POLICIES = Object.keys(ORIGIN_POLICIES) as (keyof typeof ORIGIN_POLICIES)[];

type Weights = Readonly<Record<string, number>>;

const pickerOf = (policy: keyof typeof ORIGIN_POLICIES, weights: Weights, load = createLoadBoard()) =>
  ORIGIN_POLICIES[policy](
    Object.entries(weights).map(([name, weight]) => origin(name, { weight })),
    'pool',
    load,
  );

/** Draws names for clients, all with one source of random numbers. */
function drawing(picker: OriginPicker, random = seededRandom(1)) {
  return (clientIp: string, excluded: readonly string[] = []) =>
    picker.pick({ clientIp, random, excluded })?.name ?? 'none';
}

const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

const WEIGHTS: readonly Weights[] = [
  { a: 0.25, b: 0.25, c: 0.5 },
  { a: 0.01, b: 1 },
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`o${i}`, (i + 1) / 20])),
];

test.each(
  POLICIES.filter((policy) => policy !== 'hash').flatMap((policy) =>
    WEIGHTS.map((weights) => ({ policy, weights })),
  ),
)('T80 $policy without load draws by weight, within 1 %: $weights', ({ policy, weights }) => {
  const draw = drawing(pickerOf(policy, weights));
  const drawn = shares(DRAWS, () => draw('192.0.2.1'));
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  for (const [name, weight] of Object.entries(weights)) {
    expect(Math.abs((drawn[name] ?? 0) - weight / total)).toBeLessThan(0.01);
  }
});

test.each(POLICIES)(
  '%s takes another origin for one that was tried, by the weights of the others',
  (policy) => {
    const picker = pickerOf(policy, { a: 0.5, b: 0.1, c: 0.3 });
    const draw = drawing(picker);
    const drawn = shares(20_000, (i) => draw(address(i), ['a']));
    expect(Object.keys(drawn).sort()).toEqual(['b', 'c']);
    expect(Math.abs(drawn.c! - 0.75)).toBeLessThan(0.03);
    expect(draw('192.0.2.1', ['c', 'gone', 'a'])).toBe('b');
    expect(draw('192.0.2.1', ['a', 'b', 'c'])).toBe('none');
    // What one request does without, the next one may have.
    expect(Object.keys(shares(2_000, (i) => draw(address(i)))).sort()).toEqual(['a', 'b', 'c']);
  },
);

test('random finds the one origin that is left beside one with nearly all the weight', () => {
  const draw = drawing(pickerOf('random', { a: 1, b: 0.01 }));
  for (let i = 0; i < 200; i++) expect(draw('192.0.2.1', ['a'])).toBe('b');
});

test.each(POLICIES)('the extreme random numbers draw an origin with %s', (policy) => {
  for (const number of [0, 1 - 2 ** -53]) {
    const draw = drawing(pickerOf(policy, { a: 0.1, b: 0.3, c: 0.1 }), () => number);
    expect(draw('192.0.2.1')).toMatch(/^[abc]$/);
    expect(draw('192.0.2.1', ['c', 'b'])).toBe('a');
  }
});

const ROWS = [
  ['least_outstanding_requests', 'requestStarted', 'requestEnded'],
  ['least_connections', 'connectionOpened', 'connectionClosed'],
] as const;

test.each(ROWS)('%s draws by weight / (1 + load), and follows each change', (policy, more, less) => {
  const load = createLoadBoard();
  load[more]('pool', 'a');
  const picker = pickerOf(policy, { a: 1, b: 1, c: 0.5 }, load);
  load.onChange((_, key) => picker.loadChanged?.(key));
  const draw = drawing(picker);
  const expectShares = (expected: Weights) => {
    const drawn = shares(DRAWS, () => draw('192.0.2.1'));
    for (const name of 'abc') {
      expect(Math.abs((drawn[name] ?? 0) - expected[name]!)).toBeLessThan(0.01);
    }
  };
  expectShares({ a: 0.25, b: 0.5, c: 0.25 });
  for (let i = 0; i < 8; i++) load[more]('pool', 'a');
  load[more]('pool', 'c');
  load[more]('pool', 'nobody');
  // 1/10, 1, 0.5/2 of 1.35.
  expectShares({ a: 0.0741, b: 0.7407, c: 0.1852 });
  for (let i = 0; i < 9; i++) load[less]('pool', 'a');
  load[less]('pool', 'c');
  expectShares({ a: 0.4, b: 0.4, c: 0.2 });
});
