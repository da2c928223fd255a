import { expect, test } from 'vitest';
import type { OriginHealthReport } from '../../../src/bridge/messages.js';
import { poolHealth, renderHealth } from '../../../src/resources/load-balancing/pools/health.js';
import { goDuration } from '../../../src/resources/load-balancing/verdict.js';

const ID = 'a'.repeat(32);
const up: OriginHealthReport = {
  address: '1.1.1.1',
  state: 'healthy',
  failureReason: 'No failures',
  failureDetail: null,
  responseCode: 200,
  rttMs: 12.1,
};
const down: OriginHealthReport = {
  address: 'app.example.com',
  state: 'unhealthy',
  failureReason: 'TCP connection failed',
  failureDetail: null,
  responseCode: 0,
  rttMs: null,
};

test('T39 health is shown for the place of the data plane, one entry for each origin under its address', () => {
  expect(renderHealth(ID, { healthy: true, origins: [up, down], regions: null }, 'Local, XX')).toEqual({
    pool_id: ID,
    pop_health: {
      'Local, XX': {
        healthy: true,
        origins: [
          { '1.1.1.1': { healthy: true, rtt: '12.1ms', failure_reason: 'No failures', response_code: 200 } },
          {
            'app.example.com': {
              healthy: false,
              rtt: '0s',
              failure_reason: 'TCP connection failed',
              response_code: 0,
            },
          },
        ],
      },
    },
  });
});

test('what a check has found besides its reason stands beside it', () => {
  const failureDetail =
    'no connection to 10.0.0.1:80 through the tunnel: connector c (192.0.2.1) failed with EHOSTUNREACH';
  const { pop_health } = renderHealth(
    ID,
    { healthy: false, origins: [{ ...down, failureDetail }], regions: null },
    'Local, XX',
  );
  expect(pop_health['Local, XX']!.origins[0]!['app.example.com']).toEqual({
    healthy: false,
    rtt: '0s',
    failure_reason: 'TCP connection failed',
    failure_detail: failureDetail,
    response_code: 0,
  });
});

test('with check_regions there is one entry for each region, with what it finds by itself', () => {
  const regions = [
    { region: 'WEU', healthy: false, origins: [{ ...up, state: 'unhealthy' as const }] },
    { region: 'ENAM', healthy: true, origins: [up] },
  ];
  const { pop_health } = renderHealth(ID, { healthy: true, origins: [up], regions }, 'Local, XX');
  expect(pop_health).toMatchObject({
    'WEU (Local, XX)': { healthy: false, origins: [{ '1.1.1.1': { healthy: false } }] },
    'ENAM (Local, XX)': { healthy: true, origins: [{ '1.1.1.1': { healthy: true } }] },
  });
});

test('a data plane that does not answer is a service failure', async () => {
  const ask = () => Promise.reject(new Error('no answer to pool_health in 5000 ms'));
  const values = { monitor: ID, monitor_group: null };
  const pool = { id: ID, values } as unknown as Parameters<typeof poolHealth>[1];
  await expect(poolHealth({ ask }, pool, 'X')).rejects.toMatchObject({
    message: 'Service failure: no answer to pool_health in 5000 ms',
    row: { status: 503 },
  });
});

test('before the first result there is nothing to show, and an origin without one is not healthy', () => {
  expect(renderHealth(ID, { healthy: null, origins: [up], regions: null }, 'X').pop_health).toEqual({});
  const unknown = { ...up, state: 'unknown' as const, rttMs: null, responseCode: 0 };
  const { pop_health } = renderHealth(ID, { healthy: false, origins: [unknown], regions: null }, 'X');
  expect(pop_health.X).toMatchObject({
    healthy: false,
    origins: [{ '1.1.1.1': { healthy: false, rtt: '0s' } }],
  });
});

test.each([
  [0, '0s'],
  [0.0004, '0s'],
  [0.85, '850µs'],
  [0.9996, '1ms'],
  [1, '1ms'],
  [12.14, '12.1ms'],
  [66, '66ms'],
  [999.96, '1s'],
  [1204.3, '1.204s'],
  [10_000, '10s'],
])('%f ms is written as %s', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
