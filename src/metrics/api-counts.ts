import { createSeriesTable, LATENCY_VALUES, observe } from '../state/series-table.js';
import type { MetricSample, Samples } from './catalogue.js';
import { histogramsOf, samplesOf } from './series-samples.js';

/** Requests of the API by operation. Operations are those that are served, so there are no more of them than the program has. */
export interface ApiCounts {
  /** `route`: the pattern of the path; undefined where nothing is served. */
  answered(method: string, route: string | undefined, status: number, seconds: number): void;
  /** `operationIds`: by method and path as the OpenAPI document spells it. */
  samples(operationIds: Readonly<Record<string, string>>): Samples;
}

const MAX_SERIES = 5_000;
const MAX_OPERATIONS = 500;

export function createApiCounts(): ApiCounts {
  const answers = createSeriesTable({ labels: 3, values: 1, limit: MAX_SERIES, names: 2 });
  const durations = createSeriesTable({
    labels: 2,
    values: LATENCY_VALUES.firstByte,
    limit: MAX_OPERATIONS,
    names: 2,
  });
  return {
    answered(method, route, status, seconds) {
      const labels = route === undefined ? ['', '', `${status}`] : [method, route, `${status}`];
      answers.of(labels)[0]! += 1;
      observe(durations.of(labels), LATENCY_VALUES.duration, seconds);
    },
    samples(operationIds) {
      const named = ({ labels: [method, route, ...rest], ...sample }: MetricSample): MetricSample => ({
        ...sample,
        labels: [operationOf(operationIds, method!, route!), ...rest],
      });
      return {
        offramp_api_requests_total: summed(samplesOf(answers.report()).map(named)),
        offramp_api_request_duration_seconds: summed(
          histogramsOf(durations.report(), LATENCY_VALUES.duration).map(named),
        ),
      };
    },
  };
}

/** A path that is no operation is called by itself, whatever the method: pages for people, answers to HEAD. */
function operationOf(ids: Readonly<Record<string, string>>, method: string, route: string): string {
  if (route === '') return 'unknown';
  const path = route.replace(/:(\w+)/g, '{$1}');
  return ids[`${method} ${path}`] ?? path;
}

/** Several methods of such a path are one operation. */
function summed(samples: readonly MetricSample[]): MetricSample[] {
  const sums = new Map<string, MetricSample>();
  for (const sample of samples) {
    const key = `${sample.suffix} ${sample.labels.join('\0')}`;
    const value = (sums.get(key)?.value ?? 0) + sample.value;
    sums.set(key, { ...sample, value });
  }
  return [...sums.values()];
}
