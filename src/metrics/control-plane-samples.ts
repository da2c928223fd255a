import type { ConnectionInfo } from '../bridge/messages.js';
import { createSeriesTable } from '../state/series-table.js';
import type { Samples } from './catalogue.js';
import { samplesOf } from './series-samples.js';

/** A pool as answers of the API show it. */
export interface PoolStanding {
  readonly name: string;
  readonly enabled: boolean;
  /** Somebody checks its origins. */
  readonly monitored: boolean;
  readonly healthy: boolean;
  readonly origins: readonly {
    readonly name: string;
    readonly enabled: boolean;
    readonly healthy: boolean;
  }[];
}

export interface TunnelStanding {
  readonly name: string;
  readonly connections: readonly ConnectionInfo[];
}

const MAX_ORIGINS = 10_000;
const MAX_POOLS = 5_000;
const MAX_TUNNELS = 5_000;

/** Of two pools with one name, as two accounts may have them, the one that is worse counts. */
export function healthSamples(pools: Iterable<PoolStanding>): Samples {
  const origins = createSeriesTable({ labels: 2, values: 2, limit: MAX_ORIGINS, names: 2 });
  const standings = createSeriesTable({ labels: 1, values: 4, limit: MAX_POOLS, names: 1 });
  for (const pool of pools) {
    if (!pool.enabled) continue;
    const enabled = pool.origins.filter((origin) => origin.enabled);
    const numbers = standings.of([pool.name]);
    worse(numbers, pool.healthy);
    numbers[2]! += enabled.filter(({ healthy }) => healthy).length;
    numbers[3]! += enabled.length;
    for (const { name, healthy } of pool.monitored ? enabled : [])
      worse(origins.of([pool.name, name]), healthy);
  }
  const [pool, origin] = [standings.report(), origins.report()];
  return {
    offramp_origin_healthy: samplesOf(origin),
    offramp_pool_healthy: samplesOf(pool),
    offramp_pool_origins_healthy: samplesOf(pool, 2),
    offramp_pool_origins: samplesOf(pool, 3),
  };
}

/** The first number is 1 as long as all are healthy; the second counts them. */
function worse(numbers: Float64Array, healthy: boolean): void {
  numbers[0] = healthy && (numbers[1] === 0 || numbers[0] === 1) ? 1 : 0;
  numbers[1]! += 1;
}

export function tunnelSamples(tunnels: Iterable<TunnelStanding>): Samples {
  const table = createSeriesTable({ labels: 1, values: 2, limit: MAX_TUNNELS, names: 1 });
  for (const { name, connections } of tunnels) {
    const numbers = table.of([name]);
    numbers[0]! += connections.length;
    numbers[1]! += new Set(connections.map(({ clientId }) => clientId)).size;
  }
  const report = table.report();
  return {
    offramp_tunnel_connections: samplesOf(report),
    offramp_tunnel_connectors: samplesOf(report, 1),
  };
}

/** Connections that came and went, by the name that their tunnel had then. */
export interface ConnectionCounts {
  add(type: 'opened' | 'closed', tunnel: string): void;
  /** `exists`: those of other tunnels are left out from now on. */
  samples(exists: (tunnel: string) => boolean): Samples;
}

export function createConnectionCounts(): ConnectionCounts {
  const table = createSeriesTable({ labels: 1, values: 2, limit: MAX_TUNNELS, names: 1 });
  return {
    add(type, tunnel) {
      table.of([tunnel])[type === 'opened' ? 0 : 1]! += 1;
    },
    samples(exists) {
      table.forget(([tunnel]) => !exists(tunnel!));
      const report = table.report();
      return {
        offramp_tunnel_connections_opened_total: samplesOf(report),
        offramp_tunnel_connections_closed_total: samplesOf(report, 1),
      };
    },
  };
}
