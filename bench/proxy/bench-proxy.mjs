// Our proxy with one load balancer, one pool and one origin; what differs between contenders is the way to the origin.
import pino from 'pino';
import { createHealthBoard } from '../../dist/live/health-board.js';
import { createLoadBoard } from '../../dist/live/load-board.js';
import { createSnapshotStore } from '../../dist/live/snapshot-store.js';
import { NOWHERE } from '../../dist/net/place.js';
import { createHostIndex } from '../../dist/proxy/match.js';
import { createProxy } from '../../dist/proxy/proxy.js';
import { createRequestLog } from '../../dist/proxy/request-log.js';
import { createSessions } from '../../dist/steering/affinity/sessions.js';
import { createSteering } from '../../dist/steering/decide.js';
import { liveLoadBalancer, livePool } from '../support/live.mjs';

export const log = pino({ level: 'error' });

/** A snapshot store with the load balancer, and whatever else a contender's way to the origin needs. */
export function benchStore(originPort, { virtualNetworkId = null, ...upsert } = {}) {
  const store = createSnapshotStore();
  const pool = livePool('pool', { origins: [['127.0.0.1', originPort]], virtualNetworkId });
  const loadBalancer = liveLoadBalancer('bench.example.com', 'pool');
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
  const health = createHealthBoard();
  const proxy = createProxy({
    host: '127.0.0.1',
    port,
    place: NOWHERE,
    placeOf: () => NOWHERE,
    locationHeader: null,
    https: null,
    store,
    hosts: createHostIndex(store),
    steering: createSteering({ pools, health, load, sessions }),
    sessions,
    load,
    health,
    requests: createRequestLog(),
    offramps,
    log,
    originTls: 'full',
  });
  await proxy.listen();
}
