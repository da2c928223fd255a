import type { DataPlane } from '../bridge/data-plane.js';
import type { Place } from '../net/locations.js';
import type { WorkingWorld } from '../resources/definitions.js';
import { type LoadBalancer, poolIdsOf } from '../resources/load-balancing/load-balancers/definition.js';
import { shownPolicy } from '../resources/load-balancing/load-balancers/fields.js';
import { shownHealth } from '../resources/load-balancing/pools/answer.js';
import type { Pool } from '../resources/load-balancing/pools/definition.js';
import type { HealthTable } from '../state/health-board.js';

/** What answers are made of besides the traffic itself: configuration and health, as they are now. */
export interface FactsParts {
  readonly world: WorkingWorld;
  readonly health: Pick<HealthTable, 'origin'>;
  readonly dataPlane: Pick<DataPlane, 'ask'>;
  /** Of this data plane. */
  readonly place: Place;
}

export interface PoolFacts {
  readonly id: string;
  readonly name: string;
  readonly healthy: boolean;
  readonly monitored: boolean;
  /** Mean of the last checks of its origins that were answered; 0 without any. */
  readonly averageRttMs: number;
  readonly origins: readonly OriginFacts[];
}

export interface OriginFacts {
  readonly name: string;
  readonly address: string;
  readonly healthy: boolean;
  readonly weight: number;
}

/** The load balancers of one zone, and their pools by id. */
export interface ZoneFacts {
  readonly place: Place;
  /** By the name that requests were counted under. */
  readonly balancers: ReadonlyMap<string, BalancerFacts>;
  readonly pools: ReadonlyMap<string, PoolFacts>;
}

export interface BalancerFacts {
  readonly name: string;
  readonly proxied: boolean;
  readonly policy: string;
  readonly sessionAffinity: string;
  readonly poolsByName: ReadonlyMap<string, PoolFacts>;
}

/** Rejects when the data plane does not answer. */
export async function factsOf(parts: FactsParts, zoneId: string, accountId: string): Promise<ZoneFacts> {
  const { world, place } = parts;
  const balancers = world.loadBalancers.by('account', accountId).filter(({ zone }) => zone?.id === zoneId);
  const pools = new Map<string, PoolFacts>();
  for (const id of new Set(balancers.flatMap(poolIdsOf))) {
    const pool = world.pools.get(id);
    if (pool) pools.set(id, await poolFacts(parts, pool));
  }
  return {
    place,
    pools,
    balancers: new Map(balancers.map((one) => [hostOf(one), balancerFacts(one, pools)])),
  };
}

const hostOf = ({ hostname, values }: LoadBalancer) => hostname ?? values.name;

function balancerFacts(balancer: LoadBalancer, pools: ReadonlyMap<string, PoolFacts>): BalancerFacts {
  const { values } = balancer;
  const own = poolIdsOf(balancer).flatMap((id) => pools.get(id) ?? []);
  return {
    name: hostOf(balancer),
    proxied: values.proxied,
    policy: shownPolicy(values),
    sessionAffinity: values.session_affinity,
    poolsByName: new Map(own.map((pool) => [pool.name, pool])),
  };
}

async function poolFacts({ health, dataPlane }: FactsParts, pool: Pool): Promise<PoolFacts> {
  const { id, values } = pool;
  const shown = shownHealth(pool, health);
  const monitored = values.monitor !== null || values.monitor_group !== null;
  const report = monitored ? await dataPlane.ask('pool_health', { poolId: id }) : null;
  const times = report?.origins.flatMap(({ rttMs }) => rttMs ?? []) ?? [];
  return {
    ...{ id, name: values.name, healthy: shown.healthy, monitored },
    averageRttMs: times.length === 0 ? 0 : Math.round(times.reduce((a, b) => a + b) / times.length),
    origins: values.origins.map(({ name, address, weight }, index) => ({
      ...{ name, address, weight },
      healthy: shown.origins[index]!.healthy,
    })),
  };
}
