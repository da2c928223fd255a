import { parseIp } from '../../src/net/addresses.js';
import type {
  LiveDnsRecord,
  LiveLoadBalancer,
  LiveMonitor,
  LiveOrigin,
  LivePool,
  LivePublishedHostname,
  LiveRoute,
  LiveSettings,
  LiveTunnel,
} from '../../src/state/snapshot.js';

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
    accountId: 'account-1',
    name: 'origin-1',
    address,
    ip: parseIp(address)?.text ?? null,
    enabled: true,
    disabledAt: null,
    weight: 1,
    port: 0,
    host: null,
    virtualNetworkId: null,
    flattenCname: true,
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
    healthSources: 'local',
    latitude: null,
    longitude: null,
    loadShedding: { defaultPercent: 0, defaultPolicy: 'random', sessionPercent: 0 },
    notifications: {
      pool: { disable: false, healthy: null },
      origin: { disable: false, healthy: null },
    },
    origins: [liveOrigin()],
    ...fields,
  };
}

/** Steered to without a look at health. */
export function unmonitoredPool(fields: Partial<LivePool>): LivePool {
  return livePool({ monitorId: null, ...fields });
}

export function liveSettings(
  fields: Partial<LiveSettings> & Pick<LiveSettings, 'defaultPools'>,
): LiveSettings {
  return {
    regionPools: {},
    countryPools: {},
    popPools: {},
    pools: null,
    fallbackPool: fields.defaultPools[0] ?? '',
    steeringPolicy: 'off',
    randomSteering: { defaultWeight: 1, poolWeights: {} },
    affinity: 'none',
    affinityTtl: null,
    affinityAttributes: {
      samesite: 'Auto',
      secure: 'Auto',
      drainDuration: 0,
      zeroDowntimeFailover: 'none',
      headers: [],
      requireAllHeaders: false,
    },
    failoverAcrossPools: false,
    locationStrategy: { mode: 'pop', preferEcs: 'proximity' },
    ttl: 30,
    ...fields,
  };
}

/** Settings may stand beside the load balancer's own fields. */
export function liveLoadBalancer({
  name,
  id = name,
  accountId = 'account-1',
  zoneId = 'zone-1',
  zoneName = 'example.com',
  enabled = true,
  proxied = true,
  poolSets = [],
  rules = [],
  ...settings
}: Partial<Omit<LiveLoadBalancer, 'settings'>> &
  Pick<LiveLoadBalancer, 'name'> &
  Partial<LiveSettings> &
  Pick<LiveSettings, 'defaultPools'>): LiveLoadBalancer {
  return {
    id,
    accountId,
    zoneId,
    zoneName,
    name,
    enabled,
    proxied,
    poolSets,
    rules,
    settings: liveSettings(settings),
  };
}

export function liveTunnel(fields: Partial<LiveTunnel> = {}): LiveTunnel {
  return {
    id: 'tunnel-1',
    accountId: 'account-1',
    name: 'tunnel-1',
    secretSha256: '',
    configuration: null,
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

export function livePublishedHostname(fields: Partial<LivePublishedHostname> = {}): LivePublishedHostname {
  return {
    id: 'record-1',
    accountId: 'account-1',
    zoneName: 'example.com',
    hostname: 'tunnel.example.com',
    tunnelId: '11111111-2222-4333-8444-555555555555',
    ...fields,
  };
}

export function liveDnsRecord(fields: Partial<LiveDnsRecord> = {}): LiveDnsRecord {
  const { type = 'A', name = 'www.example.com', data = ['192.0.2.1'] } = fields;
  return {
    id: `${type} ${name} ${data.join(' ')}`,
    zoneName: 'example.com',
    name,
    type,
    ttl: 300,
    data,
    flattened: false,
    ...fields,
  };
}
