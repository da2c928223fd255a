import { expect, test } from 'vitest';
import { histogramsOf, samplesOf } from '../../src/metrics/series-samples.js';
import { createTrafficCounts } from '../../src/proxy/telemetry/traffic-counts.js';
import { LATENCY_VALUES } from '../../src/state/series-table.js';
import { requestReport } from '../support/request-reports.js';

const named = (name: string) => ({ id: name, name });
const counted = (samples: ReturnType<typeof samplesOf>) =>
  Object.fromEntries(samples.map(({ labels, value }) => [labels.join('|'), value]));

test('requests are counted by who answered, with what, and why', () => {
  const counts = createTrafficCounts();
  for (let i = 0; i < 3; i += 1) counts.requests.add(requestReport());
  counts.requests.add(requestReport({ status: 521, error: 'refused', firstByteMs: null }));
  counts.requests.add(
    requestReport({
      failedAttempts: [
        { pool: 'blue', origin: 'two', failure: 'refused', detail: 'ECONNREFUSED' },
        { pool: 'blue', origin: 'three', failure: 'found_down', detail: '' },
      ],
    }),
  );
  counts.requests.add(
    requestReport({ status: null, error: 'client_gone', responseBytes: null, firstByteMs: null }),
  );
  const report = counts.report();
  expect(counted(samplesOf(report.requests))).toEqual({
    'app.example.com|blue|one|200|': 4,
    'app.example.com|blue|one|521|refused': 1,
    'app.example.com|blue|one||client_gone': 1,
  });
  expect(counted(samplesOf(report.failedAttempts))).toEqual({
    'blue|two|refused': 1,
    'blue|three|found_down': 1,
  });
  expect(counted(samplesOf(report.latency, LATENCY_VALUES.responseBytes))).toEqual({ 'app.example.com': 10 });
});

test('a histogram has each duration in the bucket of its bound and in all above', () => {
  const counts = createTrafficCounts();
  for (const durationMs of [0.2, 1, 1.001, 700, 3_600_000])
    counts.requests.add(requestReport({ durationMs, firstByteMs: null }));
  const samples = histogramsOf(counts.report().latency, LATENCY_VALUES.duration);
  const bucket = (le: string) =>
    samples.find(({ suffix, labels }) => suffix === '_bucket' && labels[1] === le)?.value;
  expect(['0.001', '0.0025', '0.5', '1', '60', '+Inf'].map(bucket)).toEqual([2, 3, 3, 4, 4, 5]);
  expect(samples.find(({ suffix }) => suffix === '_count')?.value).toBe(5);
  expect(samples.find(({ suffix }) => suffix === '_sum')?.value).toBeCloseTo(3_600.702201);
  const firstBytes = histogramsOf(counts.report().latency, LATENCY_VALUES.firstByte);
  expect(firstBytes.every(({ value }) => value === 0)).toBe(true);
});

test('hosts that nobody has configured make no series, however many are asked for', () => {
  const counts = createTrafficCounts();
  for (let i = 0; i < 10_000; i += 1)
    counts.requests.add(
      requestReport({
        host: `${i}.example.net`,
        path: `/${i}`,
        loadBalancer: null,
        pool: null,
        origin: null,
        status: 530,
        error: 'unknown_load_balancer',
      }),
    );
  expect(counted(samplesOf(counts.report().requests))).toEqual({ '|||530|unknown_load_balancer': 10_000 });
});

test('more load balancers than there may be series are counted together', () => {
  const counts = createTrafficCounts({ requests: 10, latency: 5 });
  for (let i = 0; i < 100; i += 1)
    counts.requests.add(requestReport({ loadBalancer: named(`lb-${i}.example.com`) }));
  const { requests, latency } = counts.report();
  expect(counted(samplesOf(requests))['other|other|other|200|']).toBe(90);
  expect(requests.folded).toBe(90);
  expect(latency.labels).toHaveLength(6);
});

test('what was deleted leaves; a host name of a tunnel stays as long as it is there', () => {
  const counts = createTrafficCounts();
  const tunnel = {
    loadBalancer: null,
    pool: null,
    origin: { name: 'tunnel', address: 'x.cfargotunnel.com' },
  };
  counts.requests.add(requestReport());
  counts.requests.add(requestReport({ ...tunnel, publishedHostname: named('app.test') }));
  counts.requests.add(requestReport({ loadBalancer: named('gone.example.com') }));
  counts.requests.add(requestReport({ origin: { name: 'gone', address: '192.0.2.1' } }));
  counts.tcpConnections.add(requestReport({ loadBalancer: named('gone.example.com'), status: null }));
  const names = {
    hosts: new Set(['app.example.com', 'app.test']),
    origins: new Map([['blue', new Set(['one'])]]),
  };
  counts.forget(names, { evenInUse: true });
  const report = counts.report();
  expect(counted(samplesOf(report.requests))).toEqual({
    'app.example.com|blue|one|200|': 1,
    'app.test||tunnel|200|': 1,
  });
  expect(report.tcpConnections.labels).toEqual([]);
  expect(report.latency.labels).toEqual(['app.example.com', 'app.test']);
});
