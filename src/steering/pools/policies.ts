import type { SteeringPolicy } from '../../domain/policies.js';
import { dynamicLatency } from './dynamic-latency.js';
import { geo } from './geo.js';
import { leastConnections } from './least-connections.js';
import { leastOutstandingRequests } from './least-outstanding-requests.js';
import { off } from './off.js';
import type { PoolPolicy } from './policy.js';
import { proximity } from './proximity.js';
import { random } from './random.js';

export const POOL_POLICIES = {
  off,
  geo,
  random,
  dynamic_latency: dynamicLatency,
  proximity,
  least_outstanding_requests: leastOutstandingRequests,
  least_connections: leastConnections,
} satisfies Record<SteeringPolicy, PoolPolicy>;
