import type {
  Named,
  NearMiss,
  RequestFilter,
  RequestFilterName,
  RequestReport,
} from '../../bridge/reports.js';
import { createSearchedLog } from '../../net/searched-log.js';

/** The newest requests, at most so many. */
export interface RequestLog {
  add(report: RequestReport): void;
  find(filter: RequestFilter): readonly RequestReport[];
  /** How many fit, whatever the limit, of those that were added after the first `after`. */
  count(filter: RequestFilter, after?: number): number;
  /** Those that miss the fewest filters, newest first; for a filter that none fits. */
  nearest(filter: RequestFilter): readonly NearMiss[];
  /** Forgets all. */
  clear(): void;
  /** How many were added, ever, and how many of these before the last `clear`. */
  readonly added: number;
  readonly cleared: number;
}

export const DEFAULT_LOG_SIZE = 10_000;
const PATH_LENGTH = 256;

export function createRequestLog(size = DEFAULT_LOG_SIZE): RequestLog {
  const log = createSearchedLog<RequestReport, RequestFilter, RequestFilterName>(
    size,
    filtersOf,
    fits,
    copyOf,
  );
  return {
    get added() {
      return log.added;
    },
    get cleared() {
      return log.cleared;
    },
    add: log.add,
    find: (filter) => log.find(filter, filter.limit).map((report) => copyOf(report)),
    count: log.count,
    nearest: (filter) =>
      log.nearest(filter).map(({ value, differs }) => ({ request: copyOf(value), differs })),
    clear: log.clear,
  };
}

type Kept = { -readonly [K in keyof RequestReport]: RequestReport[K] };

/** Field by field, because a loop over them costs more than all the rest. `into`: one that is not needed any more. */
function copyOf(report: RequestReport, into: RequestReport = {} as RequestReport): RequestReport {
  const copy: Kept = into;
  copy.ray = report.ray;
  copy.at = report.at;
  copy.durationMs = report.durationMs;
  copy.firstByteMs = report.firstByteMs;
  copy.responseBytes = report.responseBytes;
  copy.clientIp = report.clientIp;
  copy.method = report.method;
  copy.host = report.host;
  copy.path = report.path;
  copy.status = report.status;
  copy.error = report.error;
  copy.detail = report.detail;
  copy.loadBalancer = report.loadBalancer;
  copy.publishedHostname = report.publishedHostname;
  copy.pool = report.pool;
  copy.origin = report.origin;
  copy.offRamp = report.offRamp;
  copy.failedAttempts = report.failedAttempts;
  copy.faults = report.faults;
  copy.decision = report.decision;
  return copy;
}

type Wanted<F extends RequestFilterName> = NonNullable<RequestFilter[F]>;

const FITS: { readonly [F in RequestFilterName]: (report: RequestReport, wanted: Wanted<F>) => boolean } = {
  ray: ({ ray }, wanted) => ray === wanted,
  host: ({ host }, wanted) => host === wanted || isBelow(host, wanted),
  method: ({ method }, wanted) => method === wanted,
  path: ({ path }, wanted) => path === wanted,
  status: ({ status }, wanted) => status === wanted,
  clientIp: ({ clientIp }, wanted) => clientIp === wanted,
  since: ({ at }, wanted) => at >= wanted,
  loadBalancer: ({ loadBalancer }, wanted) => isNamed(loadBalancer, wanted),
  pool: ({ pool }, wanted) => isNamed(pool, wanted),
  origin: ({ origin }, wanted) => origin?.name === wanted || origin?.address === wanted,
};
const FILTERS = Object.keys(FITS) as RequestFilterName[];

const filtersOf = (filter: RequestFilter) => FILTERS.filter((name) => filter[name] !== null);

const fits = <F extends RequestFilterName>(report: RequestReport, filter: RequestFilter, name: F) =>
  FITS[name](report, filter[name] as Wanted<F>);

/** `*.example.com` means that name and all below it. */
const isBelow = (host: string, wanted: string) =>
  wanted.startsWith('*.') && `.${host}`.endsWith(wanted.slice(1));

const isNamed = (named: Named | null, wanted: string) => named?.id === wanted || named?.name === wanted;

/** The path in a request target, at most 256 characters of it: what may be secret in a URL stands in its query. */
export function loggedPath(target: string): string {
  const query = target.indexOf('?');
  const length = Math.min(query < 0 ? target.length : query, PATH_LENGTH);
  return length === target.length ? target : kept(target.slice(0, length));
}

/** Shorter pieces of a text are copies anyhow. */
const SHORTEST_SLICE = 13;

/** A copy, because a piece of a text keeps the whole text in memory: here a whole request head. */
export function kept(latin1: string): string {
  if (latin1.length < SHORTEST_SLICE) return latin1;
  return Buffer.from(latin1, 'latin1').toString('latin1');
}
