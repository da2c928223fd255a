import type { OriginSteeringPolicy } from '../../domain/policies.js';
import { hashedOrigins } from './hash.js';
import { leastConnectedOrigins } from './least-connections.js';
import { leastOutstandingOrigins } from './least-outstanding-requests.js';
import type { OriginPolicy } from './policy.js';
import { randomOrigins } from './random.js';

export const ORIGIN_POLICIES = {
  random: randomOrigins,
  hash: hashedOrigins,
  least_outstanding_requests: leastOutstandingOrigins,
  least_connections: leastConnectedOrigins,
} satisfies Record<OriginSteeringPolicy, OriginPolicy>;
