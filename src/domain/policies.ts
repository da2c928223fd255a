/** The words of the API that both planes act on. */

export const MONITOR_TYPES = ['http', 'https', 'tcp', 'udp_icmp', 'icmp_ping', 'smtp'] as const;
export type MonitorType = (typeof MONITOR_TYPES)[number];

/** How a load balancer chooses among its pools. */
export const STEERING_POLICIES = [
  'off',
  'geo',
  'random',
  'dynamic_latency',
  'proximity',
  'least_outstanding_requests',
  'least_connections',
] as const;
export type SteeringPolicy = (typeof STEERING_POLICIES)[number];

/** How a pool chooses among its origins. */
export const ORIGIN_STEERING_POLICIES = [
  'random',
  'hash',
  'least_outstanding_requests',
  'least_connections',
] as const;
export type OriginSteeringPolicy = (typeof ORIGIN_STEERING_POLICIES)[number];

/** What ties a session to its origin. */
export const AFFINITIES = ['none', 'cookie', 'ip_cookie', 'header'] as const;
export type Affinity = (typeof AFFINITIES)[number];
