import type {
  LiveLoadBalancer,
  LiveMonitor,
  LiveOrigin,
  LivePool,
  LiveRoute,
} from '../../src/live/snapshot.js';
import { parseIp } from '../../src/net/ip.js';

/** Configuration objects with every default filled in; a test names what it is about. */

export function liveMonitor(fields: Partial<LiveMonitor> = {}): LiveMonitor {
  return {
    id: 'monitor-1',
    type: 'http',
    method: 'GET',
    path: '/',
    header: {},
    port: 0,
    timeout: 5,
    retries: 2,
    interval: 60,
    consecutiveUp: 0,
    consecutiveDown: 0,
    expectedBody: '',
    expectedCodes: '200',
    followRedirects: false,
    allowInsecure: false,
    ...fields,
  };
}

export function liveOrigin(fields: Partial<LiveOrigin> = {}): LiveOrigin {
  const address = fields.address ?? '127.0.0.1';
  return {
    key: [`${address}:${fields.port ?? 0}`, fields.virtualNetworkId, fields.host].filter(Boolean).join('|'),
    name: 'origin-1',
    address,
    ip: parseIp(address)?.text ?? null,
    enabled: true,
    weight: 1,
    port: 0,
    host: null,
    virtualNetworkId: null,
    ...fields,
  };
}

export function livePool(fields: Partial<LivePool> = {}): LivePool {
  return {
    id: '17b5962d775c646f3f9725cbc7a53df4',
    accountId: 'account-1',
    name: 'pool-1',
    enabled: true,
    minimumOrigins: 1,
    monitorId: 'monitor-1',
    monitorGroupId: null,
    originSteering: 'random',
    checkRegions: null,
    origins: [liveOrigin()],
    ...fields,
  };
}

/** Steered to without a look at health. */
export function unmonitoredPool(fields: Partial<LivePool>): LivePool {
  return livePool({ monitorId: null, ...fields });
}

export function liveLoadBalancer(
  fields: Partial<LiveLoadBalancer> & Pick<LiveLoadBalancer, 'name' | 'defaultPools'>,
): LiveLoadBalancer {
  return {
    id: fields.name,
    accountId: 'account-1',
    zoneId: 'zone-1',
    enabled: true,
    fallbackPool: fields.defaultPools[0] ?? '',
    steeringPolicy: 'off',
    randomSteering: { defaultWeight: 1, poolWeights: {} },
    ...fields,
  };
}

export function liveRoute(fields: Partial<LiveRoute> = {}): LiveRoute {
  return {
    id: 'route-1',
    virtualNetworkId: 'vnet-1',
    network: '10.0.0.0/8',
    tunnelId: 'tunnel-1',
    ...fields,
  };
}
