// Our proxy with one load balancer, one pool and one origin; what differs between contenders is the way to the origin.
import pino from 'pino';
import { createHealthBoard } from '../../dist/live/health-board.js';
import { createLoadBoard } from '../../dist/live/load-board.js';
import { createSnapshotStore } from '../../dist/live/snapshot-store.js';
import { NOWHERE } from '../../dist/net/place.js';
import { createProxy } from '../../dist/proxy/proxy.js';
import { createRequestLog } from '../../dist/proxy/request-log.js';
import { createSessions } from '../../dist/steering/affinity/create-sessions.js';
import { createSteering } from '../../dist/steering/decide.js';

export const log = pino({ level: 'error' });

/** A snapshot store with the load balancer, and whatever else a contender's way to the origin needs. */
export function benchStore(originPort, { virtualNetworkId = null, ...upsert } = {}) {
  const store = createSnapshotStore();
  const origin = {
    key: 'origin',
    name: 'origin',
    address: '127.0.0.1',
    ip: '127.0.0.1',
    enabled: true,
    disabledAt: null,
    weight: 1,
    port: originPort,
    host: null,
    virtualNetworkId,
    flattenCname: true,
  };
  const pool = {
    id: 'pool',
    accountId: 'account',
    name: 'pool',
    enabled: true,
    minimumOrigins: 1,
    monitorId: null,
    monitorGroupId: null,
    originSteering: 'random',
    checkRegions: null,
    healthSources: 'local',
    latitude: null,
    longitude: null,
    loadShedding: { defaultPercent: 0, defaultPolicy: 'random', sessionPercent: 0 },
    notifications: { pool: { disable: true, healthy: null }, origin: { disable: true, healthy: null } },
    origins: [origin],
  };
  const loadBalancer = {
    id: 'load-balancer',
    accountId: 'account',
    zoneId: 'zone',
    zoneName: 'example.com',
    name: 'bench.example.com',
    enabled: true,
    proxied: true,
    settings: {
      defaultPools: ['pool'],
      regionPools: {},
      countryPools: {},
      popPools: {},
      pools: null,
      fallbackPool: 'pool',
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
    poolSets: [],
    rules: [],
  };
  store.apply({
    revision: 1,
    complete: true,
    upsert: { pool: [pool], load_balancer: [loadBalancer], ...upsert },
    remove: {},
  });
  return store;
}

export async function startBenchProxy(port, store, offramps) {
  const { pools } = store.snapshot;
  const load = createLoadBoard();
  const sessions = createSessions({ pools, key: new Uint8Array(32), alwaysUseHttps: false });
  const proxy = createProxy({
    host: '127.0.0.1',
    port,
    place: NOWHERE,
    placeOf: () => NOWHERE,
    locationHeader: null,
    https: null,
    store,
    steering: createSteering({ pools, health: createHealthBoard(), load, sessions }),
    sessions,
    load,
    requests: createRequestLog(),
    offramps,
    log,
    originTls: 'full',
  });
  await proxy.listen();
}
