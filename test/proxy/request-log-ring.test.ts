import { expect, test } from 'vitest';
import type { RequestFilter } from '../../src/bridge/reports.js';
import { createRequestLog, loggedPath } from '../../src/proxy/telemetry/request-log.js';
import { newest } from '../support/request-filters.js';
import { requestReport as report } from '../support/request-reports.js';

const ALL = newest(100);

test('the newest comes first, and no more are kept than there is room for', () => {
  const log = createRequestLog(3);
  const rays = (limit = 100) => log.find({ ...ALL, limit }).map(({ ray }) => ray);
  expect(rays()).toEqual([]);
  for (const ray of ['1', '2']) log.add(report({ ray }));
  expect(rays()).toEqual(['2', '1']);
  for (const ray of ['3', '4', '5']) log.add(report({ ray }));
  expect(rays()).toEqual(['5', '4', '3']);
  expect(rays(2)).toEqual(['5', '4']);
});

test.each<Partial<RequestFilter>>([
  { loadBalancer: 'other-lb' },
  { loadBalancer: 'other.example.com' },
  { pool: 'other-pool' },
  { pool: 'green' },
  { origin: 'two' },
  { origin: '192.0.2.10' },
  { host: 'other.example.com' },
  { host: '*.other.example.com' },
  { status: 502 },
  { ray: 'other' },
  { clientIp: '192.0.2.2' },
  { since: 5 },
])('a filter leaves out what does not fit it: %j', (filter) => {
  const log = createRequestLog();
  log.add(
    report({
      ray: 'other',
      at: 5,
      status: 502,
      clientIp: '192.0.2.2',
      host: 'other.example.com',
      loadBalancer: { id: 'other-lb', name: 'other.example.com' },
      pool: { id: 'other-pool', name: 'green' },
      origin: { name: 'two', address: '192.0.2.10' },
    }),
  );
  log.add(report({ loadBalancer: null, pool: null, origin: null }));
  log.add(report({}));
  expect(log.find({ ...ALL, ...filter }).map(({ ray }) => ray)).toEqual(['other']);
});

test('a host with an asterisk is that name and all below it, and no name that only ends alike', () => {
  const log = createRequestLog();
  for (const host of ['example.com', 'www.example.com', 'notexample.com', 'example.com.test'])
    log.add(report({ host }));
  const found = log.find({ ...ALL, host: '*.example.com' });
  expect(found.map(({ host }) => host)).toEqual(['www.example.com', 'example.com']);
});

test('a path is kept without its query and not at any length', () => {
  expect(loggedPath('/a/b?token=secret')).toBe('/a/b');
  expect(loggedPath('*')).toBe('*');
  expect(loggedPath(`/${'a'.repeat(1_000)}?x`)).toHaveLength(256);
});
