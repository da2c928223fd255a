import { expect, test } from 'vitest';
import { createApiCounts } from '../../src/metrics/api-counts.js';
import { createConnectionCounts, healthSamples } from '../../src/metrics/control-plane-samples.js';
import { createMetrics, type MetricsSources } from '../../src/metrics/create-metrics.js';

const sources = (fields: Partial<MetricsSources> = {}): MetricsSources => ({
  version: '1.2.3',
  dataPlane: () => Promise.reject(new Error('no answer in time')),
  revisions: () => ({ committed: 5, lagSeconds: 2.5 }),
  databaseUp: () => false,
  pools: () => [],
  tunnels: () => [{ name: 'quo"ted\n', connections: [] }],
  connections: createConnectionCounts(),
  api: createApiCounts(),
  operationIds: { 'GET /accounts/{account_id}/things': 'list-things' },
  loop: () => ({ delay: [{ quantile: 0.5, seconds: 0.25 }], busySeconds: 3, heapUsedBytes: 4 }),
  ...fields,
});

test('a data plane that does not answer is told, with everything that is known without it', async () => {
  const { text, type } = await createMetrics(sources())();
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const line of [
    'offramp_data_plane_up 0',
    'offramp_data_plane_lag_seconds 2.5',
    'offramp_revision 5',
    'offramp_database_up 0',
    'offramp_event_loop_delay_seconds{thread="main",quantile="0.5"} 0.25',
    'offramp_tunnel_connections{tunnel="quo\\"ted\\n"} 0',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toMatch(/^offramp_requests_total/m);
});

test('those who ask at the same time make the data plane tell it once', async () => {
  let asked = 0;
  const metrics = createMetrics(
    sources({
      dataPlane: () => {
        asked += 1;
        return Promise.reject(new Error('not now'));
      },
    }),
  );
  await Promise.all([metrics(), metrics(), metrics()]);
  expect(asked).toBe(1);
  await metrics();
  expect(asked).toBe(2);
});

test('requests of the API have the name of their operation, and whatever is not served one name', async () => {
  const api = createApiCounts();
  api.answered('GET', '/accounts/:account_id/things', 200, 0.002);
  api.answered('GET', '/accounts/:account_id/things', 403, 0.002);
  for (const method of ['GET', 'HEAD']) api.answered(method, '/docs', 200, 0.1);
  for (let i = 0; i < 1_000; i += 1) api.answered(`METHOD${i}`, undefined, 404, 0.1);
  const { text } = await createMetrics(sources({ api }))();
  const lines = text.split('\n').filter((line) => line.startsWith('offramp_api_requests_total'));
  expect(lines).toEqual([
    'offramp_api_requests_total{operation="list-things",status="200"} 1',
    'offramp_api_requests_total{operation="list-things",status="403"} 1',
    'offramp_api_requests_total{operation="/docs",status="200"} 2',
    'offramp_api_requests_total{operation="unknown",status="404"} 1000',
  ]);
  expect(text).toContain('offramp_api_request_duration_seconds_count{operation="list-things"} 2');
});

test('health is that of enabled pools and origins; of two of one name the worse', () => {
  const origin = { name: 'one', enabled: true, healthy: true };
  const pool = { name: 'pool', enabled: true, monitored: true, healthy: true, origins: [origin] };
  const samples = healthSamples([
    pool,
    { ...pool, healthy: false, origins: [{ ...origin, healthy: false }] },
    pool,
    { ...pool, name: 'off', enabled: false },
    {
      ...pool,
      name: 'unwatched',
      monitored: false,
      origins: [origin, { ...origin, name: 'two', enabled: false }],
    },
  ]);
  expect(samples).toEqual({
    offramp_origin_healthy: [{ labels: ['pool', 'one'], value: 0 }],
    offramp_pool_healthy: [
      { labels: ['pool'], value: 0 },
      { labels: ['unwatched'], value: 1 },
    ],
    offramp_pool_origins_healthy: [
      { labels: ['pool'], value: 2 },
      { labels: ['unwatched'], value: 1 },
    ],
    offramp_pool_origins: [
      { labels: ['pool'], value: 3 },
      { labels: ['unwatched'], value: 1 },
    ],
  });
});
