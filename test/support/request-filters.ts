import type { RequestFilter } from '../../src/bridge/reports.js';

/** The newest requests, whatever became of them. */
export const newest = (limit: number): RequestFilter => ({
  loadBalancer: null,
  pool: null,
  origin: null,
  host: null,
  method: null,
  path: null,
  status: null,
  ray: null,
  clientIp: null,
  since: null,
  limit,
});
