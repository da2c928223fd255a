import type { RequestReport } from '../../src/bridge/reports.js';

/** A request that was served, as the data plane tells of it. */
export const requestReport = (fields: Partial<RequestReport> = {}): RequestReport => ({
  ray: 'r',
  at: 0,
  durationMs: 1,
  firstByteMs: 0.5,
  responseBytes: 2,
  clientIp: '192.0.2.1',
  method: 'GET',
  host: 'app.example.com',
  path: '/',
  status: 200,
  error: null,
  detail: null,
  loadBalancer: { id: 'lb-id', name: 'app.example.com' },
  publishedHostname: null,
  pool: { id: 'pool-id', name: 'blue' },
  origin: { name: 'one', address: '192.0.2.9' },
  offRamp: { kind: 'direct', tunnelId: null },
  failedAttempts: [],
  faults: [],
  decision: null,
  ...fields,
});
