import { descriptorLimit, openDescriptors, startedAt } from '../net/process-watch.js';
import type { Samples } from './catalogue.js';
import { one } from './data-plane-samples.js';

/** Of the whole process, under the names that every program of Prometheus has. */
export function processSamples(version: string): Samples {
  const { user, system } = process.cpuUsage();
  const limit = descriptorLimit();
  const open = openDescriptors();
  return {
    offramp_build_info: [{ labels: [version, process.version], value: 1 }],
    process_cpu_seconds_total: one((user + system) / 1e6),
    process_resident_memory_bytes: one(process.memoryUsage.rss()),
    process_start_time_seconds: one(startedAt() / 1e3),
    ...(open !== null && { process_open_fds: one(open) }),
    ...(limit !== null && { process_max_fds: one(limit) }),
  };
}
