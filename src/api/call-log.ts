import { createSearchedLog, type SearchedLog } from '../net/searched-log.js';
import { fitsPath } from './api-faults.js';

/** One request to the API, with what became of it. */
export interface ApiCall {
  /** The value of CF-Ray. */
  readonly ray: string;
  /** Unix milliseconds of its end. */
  readonly at: number;
  readonly durationMs: number;
  readonly clientIp: string;
  /** Of who asked; null when that was not found out. */
  readonly credential: string | null;
  readonly method: string;
  /** Below `/client/v4`, without the query. */
  readonly path: string;
  readonly query: string;
  /** As the OpenAPI document calls it; null where nothing is served. */
  readonly operation: string | null;
  readonly status: number;
  /** Why it was refused. */
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  /** As it was sent; null without one, and when it is long. */
  readonly body: unknown;
}

/** What calls are looked up by; what is null does not matter. */
export interface CallFilter {
  readonly method: string | null;
  /** As that of a fault: `*` stands for a segment, `**` at the end for any number of them. */
  readonly path: string | null;
  readonly operation: string | null;
  readonly status: number | null;
  /** Whether it was refused. */
  readonly refused: boolean | null;
  readonly ray: string | null;
  /** Unix milliseconds: ended then or later. */
  readonly since: number | null;
}
export type CallFilterName = keyof CallFilter;

export type CallLog = SearchedLog<ApiCall, CallFilter, CallFilterName>;

const SIZE = 2_000;
/** Bytes of a body that are kept with its call. */
export const MAX_KEPT_BODY = 16 * 1024;

export const createCallLog = (): CallLog => createSearchedLog(SIZE, filtersOf, fits);

type Wanted<F extends CallFilterName> = NonNullable<CallFilter[F]>;

const FITS: { readonly [F in CallFilterName]: (call: ApiCall, wanted: Wanted<F>) => boolean } = {
  method: ({ method }, wanted) => method === wanted,
  path: ({ path }, wanted) => path === wanted || fitsPath(wanted.split('/'), path.split('/')),
  operation: ({ operation }, wanted) => operation === wanted,
  status: ({ status }, wanted) => status === wanted,
  refused: ({ status }, wanted) => status >= 400 === wanted,
  ray: ({ ray }, wanted) => ray === wanted,
  since: ({ at }, wanted) => at >= wanted,
};

const filtersOf = (filter: CallFilter) =>
  (Object.keys(FITS) as CallFilterName[]).filter((name) => filter[name] !== null);

const fits = <F extends CallFilterName>(call: ApiCall, filter: CallFilter, name: F) =>
  FITS[name](call, filter[name] as Wanted<F>);
