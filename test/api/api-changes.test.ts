import { expect, test } from 'vitest';
import {
  API_CHANGES,
  type ApiChangeName,
  EARLIEST_API_DATE,
  inForce,
  NEWEST_API_DATE,
} from '../../src/api/api-changes.js';

const NAMES = Object.keys(API_CHANGES) as ApiChangeName[];

test.each([
  ['active_only_lists', '2025-11-30', false],
  ['active_only_lists', '2025-12-01', true],
  ['active_only_lists', '2026-10-04', true],
  ['no_routes_by_network', '2026-10-04', false],
  ['no_routes_by_network', '2026-10-05', true],
  ['no_listed_connections', '2026-10-04', false],
  ['no_listed_connections', '2027-01-01', true],
] as const)('the change %s is in force on %s: %s', (change, day, expected) => {
  expect(inForce(change, day)).toBe(expected);
});

test('the newest day has every change, and the earliest has none', () => {
  expect(NEWEST_API_DATE).toBe('2026-10-05');
  expect(NAMES.filter((name) => !inForce(name, NEWEST_API_DATE))).toEqual([]);
  expect(NAMES.filter((name) => inForce(name, EARLIEST_API_DATE))).toEqual([]);
});
