import { expect, test } from 'vitest';
import { contractFacts, factFaults, operationAt } from './support/contract-facts.js';

const MONITOR = 'GET /accounts/{account_id}/load_balancers/monitors/{monitor_id}';
const frame = { success: true, errors: [], messages: [] };

test('an answer that is not as described is told with its place', () => {
  const faults = (result: unknown, status = 200) => factFaults(MONITOR, status, { ...frame, result });
  expect(faults({ description: 'x', interval: 60, header: { Host: ['a'] } })).toEqual([]);
  expect(faults({ description: 1, interval: '60', type: 'other' })).toEqual([
    'result.description is number, not string',
    'result.interval is string, not integer',
    expect.stringMatching(/^result\.type is "other", none of http\|/),
  ]);
  expect(faults({ header: { Host: ['a', 1] } })).toEqual(['result.header{}[] is number, not string']);
  expect(factFaults(MONITOR, 200, { success: true, result: null })).toEqual(
    expect.arrayContaining(['errors is not there', 'messages is not there']),
  );
  expect(faults(null, 404)).toEqual([]);
  expect(faults(null, 302)).toEqual(['has no answer with status 302']);
});

test('what is inside lists is looked at', () => {
  const pools = operationAt('GET', '/accounts/a/load_balancers/pools')!;
  const answer = (address: unknown) => ({
    ...frame,
    result_info: { page: 1, per_page: 20, count: 1, total_count: 1, total_pages: 1 },
    result: [{ origins: [{ address: '192.0.2.1' }, { address }] }],
  });
  expect(factFaults(pools, 200, answer('192.0.2.2'))).toEqual([]);
  expect(factFaults(pools, 200, answer(7))).toEqual(['result[].origins[].address is number, not string']);
});

test('an operation is found by its path, the literal one first', () => {
  expect(operationAt('GET', '/accounts/a/load_balancers/search')).toBe(
    'GET /accounts/{account_id}/load_balancers/search',
  );
  expect(operationAt('GET', '/zones/a/load_balancers/b')).toBe(
    'GET /{accounts_or_zones}/{account_or_zone_id}/load_balancers/{load_balancer_id}',
  );
  expect(operationAt('GET', '/users/a/load_balancers')).toBeUndefined();
  expect(operationAt('DELETE', '/user')).toBeUndefined();
});

test('the facts are those of the operations that this project is about', () => {
  expect(contractFacts.size).toBe(138);
});
