import { expect, test } from 'vitest';
import { canonicalUrl, pathOf } from '../../src/api/paths.js';

test.each([
  ['/client/v4/accounts', '/accounts'],
  ['/accounts', '/accounts'],
  ['/client/v4', '/'],
  ['/client/v4?page=1', '/?page=1'],
  ['/client/v4x/accounts', '/client/v4x/accounts'],
  ['/client/v4/client/v4/accounts', '/client/v4/accounts'],
  ['/routes/10.0.0.0%2F8', '/routes/10.0.0.0%2F8'],
  ['/routes/10.0.0.0%252F8', '/routes/10.0.0.0%2F8'],
  ['/routes/10.0.0.0%25252f8', '/routes/10.0.0.0%2f8'],
  ['/a%25zz', '/a%25zz'],
  ['/a%2525zz', '/a%25zz'],
  ['/a?name=%252F', '/a?name=%252F'],
])('the router sees %s as %s', (url, canonical) => {
  expect(canonicalUrl(url)).toBe(canonical);
});

test('escapes that are nested without end are undone in one pass', () => {
  expect(canonicalUrl(`/%${'25'.repeat(1_000_000)}`)).toBe('/%25');
  expect(canonicalUrl('/%25'.repeat(100_000))).toBe('/%25'.repeat(100_000));
});

test('the path of a URL ends before its query', () => {
  expect([pathOf('/a/b?c=/d?e'), pathOf('/a')]).toEqual(['/a/b', '/a']);
});
