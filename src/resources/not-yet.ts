import { ApiError } from '../wire/errors.js';

/** For each field, which of its values Cloudflare's API takes and this version's data plane cannot act on. */
export type NotYet<T> = { readonly [K in keyof T]?: (value: T[K]) => boolean };

const SHOWN = 200;

/** Refuses the first field whose value would be stored and have no effect. */
export function refuseNotYet<T extends object>(table: NotYet<T>, fields: T): void {
  for (const field of Object.keys(table) as (keyof T & string)[]) {
    if (!table[field]?.(fields[field])) continue;
    throw new ApiError('not_implemented', `${field} ${JSON.stringify(fields[field]).slice(0, SHOWN)}`);
  }
}
