// The configuration as the data plane sees it; a measurement names what it is about.

export function liveMonitor(id, port, interval) {
  return {
    id,
    type: 'http',
    method: 'GET',
    path: '/',
    header: {},
    port,
    timeout: 5,
    retries: 0,
    interval,
    consecutiveUp: 0,
    consecutiveDown: 0,
    expectedBody: '',
    expectedCodes: '200',
    followRedirects: false,
    allowInsecure: false,
  };
}

/**
 * `origins`: address and port of each; two of the same address count as two when their ports differ. `virtualNetworkId` is
 * that of them all.
 */
export function livePool(id, { origins, monitorId = null, virtualNetworkId = null }) {
  return {
    id,
    accountId: 'account',
    name: id,
    enabled: true,
    minimumOrigins: 1,
    monitorId,
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
    origins: origins.map(([address, port], at) => ({
      key: `${address}:${port}`,
      name: `origin-${at}`,
      address,
      ip: address,
      enabled: true,
      disabledAt: null,
      weight: 1,
      port,
      host: null,
      virtualNetworkId,
      flattenCname: true,
    })),
  };
}

export function liveLoadBalancer(name, poolId) {
  return {
    id: name,
    accountId: 'account',
    zoneId: 'zone',
    zoneName: 'example.com',
    name,
    enabled: true,
    proxied: true,
    poolSets: [],
    rules: [],
    settings: {
      defaultPools: [poolId],
      regionPools: {},
      countryPools: {},
      popPools: {},
      pools: null,
      fallbackPool: poolId,
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
    },
  };
}
