import type { LoopReport, MetricsReport } from '../state/series-table.js';
import type { ApiCounts } from './api-counts.js';
import type { Samples } from './catalogue.js';
import {
  type ConnectionCounts,
  healthSamples,
  type PoolStanding,
  type TunnelStanding,
  tunnelSamples,
} from './control-plane-samples.js';
import { dataPlaneSamples, loopSamples, one } from './data-plane-samples.js';
import { type Exposition, expositionOf } from './exposition.js';
import { processSamples } from './process-samples.js';

/** What metrics are made of, each asked when somebody wants to see them. */
export interface MetricsSources {
  readonly version: string;
  /** Rejects when the data plane does not answer in time. */
  readonly dataPlane: () => Promise<MetricsReport>;
  readonly revisions: () => { readonly committed: number; readonly lagSeconds: number };
  readonly databaseUp: () => boolean;
  readonly pools: () => Iterable<PoolStanding>;
  readonly tunnels: () => Iterable<TunnelStanding>;
  readonly connections: ConnectionCounts;
  readonly api: ApiCounts;
  readonly operationIds: Readonly<Record<string, string>>;
  readonly loop: () => LoopReport;
}

/** The text of `/metrics`. Those who ask while it is being made get the same. */
export function createMetrics(sources: MetricsSources): () => Promise<Exposition> {
  let underWay: Promise<Exposition> | null = null;

  async function make(): Promise<Exposition> {
    // What is counted here is worth most when the data plane hangs.
    const report = await sources.dataPlane().catch(() => null);
    return await expositionOf(allSamples(sources, report));
  }

  return () => {
    underWay ??= make().finally(() => {
      underWay = null;
    });
    return underWay;
  };
}

function allSamples(sources: MetricsSources, report: MetricsReport | null): Samples {
  const { committed, lagSeconds } = sources.revisions();
  const tunnels = [...sources.tunnels()];
  const names = new Set(tunnels.map(({ name }) => name));
  return {
    ...processSamples(sources.version),
    ...(report && dataPlaneSamples(report)),
    ...loopSamples({ main: sources.loop(), ...(report && { data_plane: report.loop }) }),
    ...healthSamples(sources.pools()),
    ...tunnelSamples(tunnels),
    ...sources.connections.samples((name) => names.has(name)),
    ...sources.api.samples(sources.operationIds),
    offramp_revision: one(committed),
    offramp_data_plane_lag_seconds: one(lagSeconds),
    offramp_data_plane_up: one(Number(report !== null)),
    offramp_database_up: one(Number(sources.databaseUp())),
  };
}
