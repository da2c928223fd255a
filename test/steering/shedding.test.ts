import { expect, test } from 'vitest';
import { createLoadBoard } from '../../src/state/load-board.js';
import type { LiveLoadShedding } from '../../src/state/snapshot.js';
import { ORIGIN_POLICIES } from '../../src/steering/policies/origin-policies.js';
import { unmonitoredPool } from '../support/live-objects.js';
import { origin, steer, target } from './rig.js';
import { shares } from './seeded-random.js';

const shedding = (fields: Partial<LiveLoadShedding>): LiveLoadShedding => ({
  defaultPercent: 0,
  defaultPolicy: 'random',
  sessionPercent: 0,
  ...fields,
});

const pool = (id: string, fields: Partial<LiveLoadShedding> = {}) =>
  unmonitoredPool({ id, origins: [origin('1'), origin('2')], loadShedding: shedding(fields) });

const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
const poolOf = (decided: string) => decided.split('/')[0]!;

test('T85 a pool that sheds 30 % at random sends 30 % of 100,000 requests to the next one', () => {
  const { decide } = steer([pool('a', { defaultPercent: 30 }), pool('b')]);
  const drawn = shares(100_000, () => poolOf(target(decide())));
  expect(Math.abs(drawn.b! - 0.3)).toBeLessThan(0.01);
  expect(Math.abs(drawn.a! - 0.7)).toBeLessThan(0.01);
});

test('T86 by hash each client is always on the same side, and the share of clients is the percentage', () => {
  const { decide } = steer([pool('a', { defaultPercent: 50, defaultPolicy: 'hash' }), pool('b')]);
  const at = (index: number) => poolOf(target(decide({ clientIp: address(index) })));
  const first = Array.from({ length: 500 }, (_, index) => at(index));
  expect(Array.from({ length: 500 }, (_, index) => at(index))).toEqual(first);
  expect(Math.abs(shares(100_000, at).a! - 0.5)).toBeLessThan(0.01);
});

test('T86 being shed says nothing about which origin a client gets, nor about another pool', () => {
  const half = { defaultPercent: 50, defaultPolicy: 'hash' } as const;
  const { decide } = steer([pool('a', half), pool('b', half), pool('c')]);
  const drawn = shares(50_000, (index) => poolOf(target(decide({ clientIp: address(index) }))));
  expect(Math.abs(drawn.b! - 0.25)).toBeLessThan(0.01);
  const kept = Array.from({ length: 50_000 }, (_, index) => address(index)).filter(
    (clientIp) => poolOf(target(decide({ clientIp }))) === 'a',
  );
  const picker = ORIGIN_POLICIES.hash([origin('1'), origin('2')], 'a', createLoadBoard());
  const choice = { random: () => 0, excluded: [] };
  const origins = shares(kept.length, (i) => picker.pick({ clientIp: kept[i]!, ...choice })!.name);
  expect(Math.abs(origins['1']! - 0.5)).toBeLessThan(0.05);
});

test('T87 when every pool sheds everything the fallback pool serves, and sheds nothing', () => {
  const all = { defaultPercent: 100 };
  const { decide } = steer(
    [pool('a', all), pool('b', { ...all, defaultPolicy: 'hash' }), pool('fallback', all)],
    {
      defaultPools: ['a', 'b'],
    },
  );
  const decision = decide();
  expect(target(decision)).toMatch(/^fallback\/[12] via fallback$/);
  expect(decision.trace.skipped).toEqual([
    { poolId: 'a', reason: 'shed' },
    { poolId: 'b', reason: 'shed' },
  ]);
});

test('a percentage below 1 is kept to, and 0 sheds nobody', () => {
  const { decide } = steer([pool('a', { defaultPercent: 0.5 }), pool('b')]);
  const drawn = shares(100_000, () => poolOf(target(decide())));
  expect(Math.abs(drawn.b! - 0.005)).toBeLessThan(0.001);
  const none = steer([pool('a'), pool('b')]);
  expect(poolOf(target(none.decide({ random: () => 0 })))).toBe('a');
});
