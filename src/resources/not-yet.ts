import type { Message } from '../api/envelope.js';
import { notice } from '../api/notices.js';

/**
 * For each field, what is said of a value that Cloudflare acts on and this version's data plane does not: the field is
 * checked, stored and shown, so that tools work unchanged, and the answer to the write says in `messages` what the value
 * does not do. Undefined says that the value has its full effect.
 */
export type NotYet<T> = { readonly [K in keyof T]?: (value: T[K]) => string | undefined };

/** So many names a message has. */
const MAX_NAMED = 5;

/** Names in a message: the first ones, and how many more there are. */
export function firstFew(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** One message for each field with a value that has no effect yet. */
export function noticesOf<T extends object>(table: NotYet<T>, fields: T): Message[] {
  const notices: Message[] = [];
  for (const field of Object.keys(table) as (keyof T & string)[]) {
    const effect = table[field]?.(fields[field]);
    if (effect !== undefined) notices.push(notice('no_effect_yet', `${field}: ${effect}`));
  }
  return notices;
}
