import type { LiveLoadBalancer, LiveMonitor, LiveOrigin, LivePool } from '../../src/live/snapshot.js';

/** Live objects with every field filled in, so that a test names only what it is about. */

export function liveOrigin(origin: Partial<LiveOrigin> & { readonly port: number }): LiveOrigin {
  const address = origin.address ?? '127.0.0.1';
  return {
    key: `${address}:${origin.port}`,
    name: `origin-${origin.port}`,
    address,
    ip: address,
    enabled: true,
    weight: 1,
    host: null,
    virtualNetworkId: null,
    ...origin,
  };
}

export function livePool(pool: Partial<LivePool> & Pick<LivePool, 'id' | 'origins'>): LivePool {
  return {
    accountId: 'account',
    name: pool.id,
    enabled: true,
    minimumOrigins: 1,
    monitorId: null,
    originSteering: 'random',
    checkRegions: null,
    ...pool,
  };
}

export function liveLoadBalancer(
  loadBalancer: Partial<LiveLoadBalancer> & Pick<LiveLoadBalancer, 'name' | 'defaultPools'>,
): LiveLoadBalancer {
  return {
    id: loadBalancer.name,
    accountId: 'account',
    zoneId: 'zone',
    enabled: true,
    fallbackPool: loadBalancer.defaultPools[0] ?? '',
    steeringPolicy: 'off',
    randomSteering: { defaultWeight: 1, poolWeights: {} },
    ...loadBalancer,
  };
}

export function liveMonitor(id: string): LiveMonitor {
  return {
    id,
    type: 'tcp',
    method: 'connection_established',
    path: '/',
    header: {},
    port: 80,
    timeout: 1,
    retries: 0,
    interval: 60,
    consecutiveUp: 1,
    consecutiveDown: 1,
    expectedBody: '',
    expectedCodes: '',
    followRedirects: false,
    allowInsecure: false,
  };
}
