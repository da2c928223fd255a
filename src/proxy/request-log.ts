import type { Named, RequestFilter, RequestReport } from '../live/request-report.js';

/** The newest requests, at most so many. */
export interface RequestLog {
  add(report: RequestReport): void;
  find(filter: RequestFilter): readonly RequestReport[];
  /** Forgets all. */
  clear(): void;
}

export const DEFAULT_LOG_SIZE = 10_000;
const PATH_LENGTH = 256;

/** A ring: the newest report takes the place of the oldest. */
export function createRequestLog(size = DEFAULT_LOG_SIZE): RequestLog {
  const reports: RequestReport[] = [];
  let next = 0;

  return {
    add(report) {
      reports[next] = report;
      next = (next + 1) % size;
    },
    find(filter) {
      const found: RequestReport[] = [];
      for (let back = 1; back <= reports.length && found.length < filter.limit; back++) {
        const report = reports[(next - back + size) % size]!;
        if (fits(report, filter)) found.push(report);
      }
      return found;
    },
    clear() {
      reports.length = 0;
      next = 0;
    },
  };
}

function fits(report: RequestReport, filter: RequestFilter): boolean {
  const { origin } = report;
  return (
    (filter.ray === null || report.ray === filter.ray) &&
    (filter.status === null || report.status === filter.status) &&
    (filter.clientIp === null || report.clientIp === filter.clientIp) &&
    (filter.since === null || report.at >= filter.since) &&
    (filter.host === null || report.host === filter.host) &&
    (filter.loadBalancer === null || isNamed(report.loadBalancer, filter.loadBalancer)) &&
    (filter.pool === null || isNamed(report.pool, filter.pool)) &&
    (filter.origin === null || origin?.name === filter.origin || origin?.address === filter.origin)
  );
}

const isNamed = (named: Named | null, wanted: string) => named?.id === wanted || named?.name === wanted;

/** The path in a request target, at most 256 characters of it: what may be secret in a URL stands in its query. */
export function loggedPath(target: string): string {
  const query = target.indexOf('?');
  return kept(target.slice(0, Math.min(query < 0 ? target.length : query, PATH_LENGTH)));
}

/** Shorter pieces of a text are copies anyhow. */
const SHORTEST_SLICE = 13;

/** A copy, because a piece of a text keeps the whole text in memory: here a whole request head. */
export function kept(latin1: string): string {
  if (latin1.length < SHORTEST_SLICE) return latin1;
  return Buffer.from(latin1, 'latin1').toString('latin1');
}
