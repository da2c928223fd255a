import { OPERATION_IDS } from '../api/openapi/operation-ids.js';
import type { DataPlane } from '../bridge/data-plane.js';
import { createApiCounts } from '../metrics/api-counts.js';
import {
  createConnectionCounts,
  type PoolStanding,
  type TunnelStanding,
} from '../metrics/control-plane-samples.js';
import { createMetrics, type MetricsSources } from '../metrics/create-metrics.js';
import type { Exposition } from '../metrics/exposition.js';
import { watchLoop } from '../net/process-watch.js';
import type { WorkingWorld } from '../resources/definitions.js';
import { shownHealth } from '../resources/load-balancing/pools/answer.js';
import type { HealthTable } from '../state/health-board.js';

/** What is only there when the rest has started. */
interface StartedParts extends Pick<MetricsSources, 'revisions' | 'databaseUp'> {
  readonly world: WorkingWorld;
  readonly health: HealthTable;
  readonly dataPlane: Pick<DataPlane, 'ask' | 'connections'>;
}

/** What the main thread counts from the beginning, and the text that is made of that and of what the data plane counts. */
export function createMetricsOfApp(version: string) {
  const api = createApiCounts();
  const connections = createConnectionCounts();
  const loop = watchLoop();
  return {
    api,
    connections,
    stop: loop.stop,
    textOf: ({ world, health, dataPlane, ...rest }: StartedParts): (() => Promise<Exposition>) =>
      createMetrics({
        ...rest,
        version,
        api,
        connections,
        dataPlane: () => dataPlane.ask('metrics', null),
        pools: () => poolStandings(world, health),
        tunnels: () => tunnelStandings(world, dataPlane),
        operationIds: OPERATION_IDS,
        loop: loop.read,
      }),
  };
}

function* poolStandings(world: WorkingWorld, health: HealthTable): Iterable<PoolStanding> {
  for (const id of world.pools.ids()) {
    const pool = world.pools.get(id)!;
    const { name, enabled, monitor, monitor_group } = pool.values;
    const { healthy, origins } = shownHealth(pool, health);
    yield {
      name,
      enabled,
      monitored: monitor !== null || monitor_group !== null,
      healthy,
      origins: pool.values.origins.map((origin, i) => ({
        name: origin.name,
        enabled: origin.enabled,
        healthy: origins[i]!.healthy,
      })),
    };
  }
}

function* tunnelStandings(
  world: WorkingWorld,
  { connections }: Pick<DataPlane, 'connections'>,
): Iterable<TunnelStanding> {
  for (const id of world.tunnels.ids()) {
    const { name, tunType } = world.tunnels.get(id)!;
    // No connector of ours registers for the others.
    if (tunType === 'cfd_tunnel') yield { name, connections: connections(id) };
  }
}
