import { LATENCY_BUCKETS, LATENCY_VALUES, type SeriesReport } from '../state/series-table.js';
import type { MetricSample } from './catalogue.js';

/** One number of each series, by its place. */
export function samplesOf(report: SeriesReport, place = 0): MetricSample[] {
  const { values, valuesEach } = report;
  return labelsOf(report).map((labels, i) => ({ labels, value: values[i * valuesEach + place]! }));
}

/** The histogram that begins at this place of each series, in the form of Prometheus: each bucket holds those below it as well. */
export function histogramsOf(report: SeriesReport, first: number): MetricSample[] {
  const { values, valuesEach } = report;
  return labelsOf(report).flatMap((labels, i) => {
    const start = i * valuesEach + first;
    const samples: MetricSample[] = [];
    let count = 0;
    for (let bucket = 0; bucket <= LATENCY_BUCKETS.length; bucket += 1) {
      count += values[start + bucket]!;
      const le = bucket < LATENCY_BUCKETS.length ? `${LATENCY_BUCKETS[bucket]}` : '+Inf';
      samples.push({ suffix: '_bucket', labels: [...labels, le], value: count });
    }
    samples.push({ suffix: '_sum', labels, value: values[start + LATENCY_VALUES.sum]! });
    samples.push({ suffix: '_count', labels, value: count });
    return samples;
  });
}

function labelsOf({ labels, labelsEach, values, valuesEach }: SeriesReport): string[][] {
  const each: string[][] = [];
  for (let i = 0; i < values.length / valuesEach; i += 1)
    each.push(labels.slice(i * labelsEach, (i + 1) * labelsEach));
  return each;
}
