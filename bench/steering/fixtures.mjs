// A steering of ours over made-up pools, and requests to it. Everything is the same in every run.
import { createHealthBoard, UNKNOWN_HEALTH } from '../../dist/state/health-board.js';
import { createLoadBoard } from '../../dist/state/load-board.js';
import { PoolTable } from '../../dist/state/snapshot-store.js';
import { NO_SESSIONS } from '../../dist/steering/contract.js';
import { createSteering } from '../../dist/steering/decide.js';

const HERE = { pop: 'AMS', country: 'NL', region: 'WEU', latitude: 52.4, longitude: 4.9 };
const NO_SHEDDING = { defaultPercent: 0, defaultPolicy: 'random', sessionPercent: 0 };

/** Weights go through a tenth to one, as no two neighbours are alike in a real pool. */
export function poolOf(id, origins, fields = {}) {
  return {
    id,
    name: id,
    enabled: true,
    minimumOrigins: 1,
    monitorId: 'monitor',
    monitorGroupId: null,
    originSteering: 'random',
    checkRegions: null,
    healthSources: 'local',
    latitude: (Number(id.slice(1)) * 37) % 90,
    longitude: (Number(id.slice(1)) * 53) % 180,
    loadShedding: NO_SHEDDING,
    origins: Array.from({ length: origins }, (_, i) => ({
      key: `["10.${i >> 16}.${(i >> 8) & 255}.${i & 255}",8080,null,null]`,
      enabled: true,
      disabledAt: null,
      weight: (1 + (i % 10)) / 10,
    })),
    ...fields,
  };
}

/** Steering over these pools, all origins healthy, and one load balancer that names them all. */
export function steeringOf(list, steeringPolicy = 'off') {
  const pools = new PoolTable(list.map((pool) => [pool.id, pool]));
  const health = createHealthBoard();
  const load = createLoadBoard();
  const healthy = (poolId, key, i) =>
    health.set(poolId, key, { ...UNKNOWN_HEALTH, state: 'healthy', latencyMs: 1 + (i % 50) });
  for (const { id, origins } of list) for (const [i, { key }] of origins.entries()) healthy(id, key, i);
  const steering = createSteering({ pools, health, load, sessions: NO_SESSIONS });
  return {
    pools,
    health,
    load,
    steering,
    balancer: balancerOf(
      list.map(({ id }) => id),
      steeringPolicy,
    ),
  };
}

export function balancerOf(defaultPools, steeringPolicy = 'off') {
  return {
    id: 'balancer',
    name: 'app.example.com',
    poolSets: [],
    rules: [],
    settings: {
      defaultPools,
      regionPools: {},
      countryPools: {},
      popPools: {},
      pools: null,
      fallbackPool: defaultPools[0],
      steeringPolicy,
      randomSteering: { defaultWeight: 1, poolWeights: {} },
      affinity: 'none',
      failoverAcrossPools: false,
    },
  };
}

const CLIENTS = Array.from({ length: 4096 }, (_, i) => `192.0.${i >> 8}.${i & 255}`);

/** One request after the other, each of another client. */
export function requests() {
  let turn = 0;
  const context = {
    clientIp: '',
    random: Math.random,
    now: 1_700_000_000_000,
    place: HERE,
    sessionSource: null,
  };
  return () => {
    turn = (turn + 1) & 4095;
    context.clientIp = CLIENTS[turn];
    return context;
  };
}
