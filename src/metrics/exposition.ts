import type { Registry } from 'prom-client';
import { METRICS, type MetricName, type MetricRow, type MetricSample, type Samples } from './catalogue.js';

export interface Exposition {
  readonly type: string;
  readonly text: string;
}

/** What the library asks a metric for, and gives itself to metrics that other processes have counted (its `AggregatorRegistry`). */
interface HeldMetric extends MetricRow {
  readonly name: string;
  get(): object;
}

/**
 * The text format of Prometheus. Numbers are counted where traffic is, in a thread that has no use for the library, so it gets them ready: no
 * metric of its own can take a number that something else has counted, but its registry writes whatever metric it is given. It is loaded with
 * the first question.
 */
export async function expositionOf(samples: Samples): Promise<Exposition> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const [name, row] of Object.entries(METRICS))
    registry.registerMetric(held(name, row, samples[name as MetricName] ?? []));
  return { type: registry.contentType, text: await registry.metrics() };
}

function held(
  name: string,
  row: MetricRow,
  samples: readonly MetricSample[],
): Parameters<Registry['registerMetric']>[0] {
  const names = [...row.labels, 'le'];
  const values = samples.map(({ labels, value, suffix = '' }) => ({
    metricName: `${name}${suffix}`,
    labels: Object.fromEntries(labels.map((label, i) => [names[i], label])),
    value,
  }));
  const metric: HeldMetric = { ...row, name, get: () => ({ ...row, name, values }) };
  return metric as unknown as Parameters<Registry['registerMetric']>[0];
}
