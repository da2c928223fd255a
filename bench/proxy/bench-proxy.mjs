// Our proxy with one load balancer, one pool and one origin; what differs between contenders is the way to the origin.
import pino from 'pino';
import { createHealthBoard } from '../../dist/live/health-board.js';
import { createSnapshotStore } from '../../dist/live/snapshot-store.js';
import { createProxy } from '../../dist/proxy/proxy.js';

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
    weight: 1,
    port: originPort,
    host: null,
    virtualNetworkId,
  };
  const pool = {
    id: 'pool',
    accountId: 'account',
    name: 'pool',
    enabled: true,
    minimumOrigins: 1,
    monitorId: null,
    originSteering: 'random',
    checkRegions: null,
    origins: [origin],
  };
  const loadBalancer = {
    id: 'load-balancer',
    accountId: 'account',
    zoneId: 'zone',
    name: 'bench.example.com',
    enabled: true,
    defaultPools: ['pool'],
    fallbackPool: 'pool',
    steeringPolicy: 'off',
    randomSteering: { defaultWeight: 1, poolWeights: {} },
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
  const proxy = createProxy({
    host: '127.0.0.1',
    port,
    pop: 'LOC',
    store,
    health: createHealthBoard(),
    offramps,
    log,
    originTls: 'full',
  });
  await proxy.listen();
}
