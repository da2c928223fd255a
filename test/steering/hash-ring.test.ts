import { expect, test } from 'vitest';
import { createHashRing, type RingMember } from '../../src/steering/policies/hashing.js';

const CLIENTS = Array.from(
  { length: 100_000 },
  (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
);

const members = (count: number, weightOf = (_: number) => 1): RingMember[] =>
  Array.from({ length: count }, (_, i) => ({ key: `192.0.2.${i}:8080`, weight: weightOf(i) }));

function owners(list: readonly RingMember[], clients: readonly string[]): string[] {
  const search = createHashRing(list);
  return clients.map((client) => list[search(client, [])]!.key);
}

test('T81 the same client has the same member, however often the ring is built', () => {
  const clients = CLIENTS.slice(0, 1_000);
  const first = owners(members(7), clients);
  for (let again = 0; again < 3; again++) expect(owners(members(7), clients)).toEqual(first);
  expect(owners(members(7).reverse(), clients)).toEqual(first);
});

test.each([2, 3, 10, 100, 1000])(
  'T81 of %i members one that leaves moves its own clients and no other, at most 1.2 times its share',
  (count) => {
    const all = members(count);
    const before = owners(all, CLIENTS);
    for (const leaving of new Set([0, Math.floor(count / 2), count - 1])) {
      const after = owners(all.toSpliced(leaving, 1), CLIENTS);
      const moved = before.filter((key, i) => after[i] !== key);
      expect(new Set(moved)).toEqual(new Set([all[leaving]!.key]));
      expect(moved.length / CLIENTS.length).toBeLessThan(1.2 / count);
    }
  },
);

test('T81 whoever must do without a member gets the one that would have it if the member left', () => {
  const all = members(10);
  const search = createHashRing(all);
  const left = all.toSpliced(3, 1);
  const after = owners(left, CLIENTS.slice(0, 5_000));
  const without = CLIENTS.slice(0, 5_000).map((client) => all[search(client, [all[3]!.key])]!.key);
  expect(without).toEqual(after);
});

test('a member that weighs little and leaves, or a heavy one, moves no other client', () => {
  const all = members(20, (i) => (i % 2 === 0 ? 1 : 0.05));
  const before = owners(all, CLIENTS.slice(0, 30_000));
  for (const leaving of [0, 1]) {
    const after = owners(all.toSpliced(leaving, 1), CLIENTS.slice(0, 30_000));
    const moved = before.filter((key, i) => after[i] !== key);
    expect(moved.filter((key) => key !== all[leaving]!.key)).toEqual([]);
  }
});

test.each<[string, RingMember[], number]>([
  ['two equal ones', members(2), 0.05],
  ['three equal ones', members(3), 0.05],
  ['ten equal ones', members(10), 0.06],
  ['1 to 4', members(2, (i) => [0.2, 0.8][i]!), 0.05],
  ['a quarter, a quarter and a half', members(3, (i) => [0.25, 0.25, 0.5][i]!), 0.05],
  ['1 to 100', members(2, (i) => [0.01, 1][i]!), 0.1],
  ['one heavy among many light ones', members(51, (i) => (i === 0 ? 1 : 0.02)), 0.2],
])('shares follow the weights: %s', (_what, list, tolerance) => {
  const total = list.reduce((sum, { weight }) => sum + weight, 0);
  const counts = new Map<string, number>();
  for (const key of owners(list, CLIENTS)) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { key, weight } of list) {
    const share = (counts.get(key) ?? 0) / CLIENTS.length;
    expect(Math.abs(share / (weight / total) - 1)).toBeLessThan(tolerance);
  }
});
