import Cloudflare, { APIError } from 'cloudflare';
import { judgedFetch } from './faithful.js';
import type { RunningOfframp } from './offramp.js';

/** The official SDK against this Offramp: no retries, every answer compared with Cloudflare's own description. */
export const sdkOf = ({ apiUrl }: Pick<RunningOfframp, 'apiUrl'>): Cloudflare =>
  new Cloudflare({
    apiEmail: 'user@example.com',
    apiKey: '144c9defac04969c7bfad8efaa8ea194',
    baseURL: apiUrl,
    maxRetries: 0,
    fetch: judgedFetch,
  });

export interface Recorded<T extends object> {
  /** The resource; what is called through it counts once its answer is there. */
  readonly calls: T;
  /** Methods of the resource and of all below it that were not called once: `pools.health.get`. */
  neverCalled(): string[];
  /** Those that were called, and were refused each time. */
  neverSucceeded(): string[];
}

/** Watches which methods of a resource of the SDK are used. */
export function recorded<T extends object>(resource: T): Recorded<T> {
  const calls: Calls = { answered: new Set(), succeeded: new Set() };
  const methods = methodsOf(resource, '').sort();
  return {
    calls: watch(resource, '', calls),
    neverCalled: () => methods.filter((name) => !calls.answered.has(name)),
    neverSucceeded: () => methods.filter((name) => calls.answered.has(name) && !calls.succeeded.has(name)),
  };
}

interface Calls {
  readonly answered: Set<string>;
  readonly succeeded: Set<string>;
}

function watch<T extends object>(resource: T, prefix: string, calls: Calls): T {
  return new Proxy(resource, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (typeof key !== 'string' || key.startsWith('_')) return member;
      if (isResource(member)) return watch(member, `${prefix}${key}.`, calls);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const answer = member.apply(target, args);
        answer.then(
          () => {
            calls.answered.add(prefix + key);
            calls.succeeded.add(prefix + key);
          },
          (error: unknown) => {
            if (error instanceof APIError && error.status !== undefined) calls.answered.add(prefix + key);
          },
        );
        return answer;
      };
    },
  });
}

function methodsOf(resource: object, prefix: string): string[] {
  const own: string[] = [];
  for (
    let type = Object.getPrototypeOf(resource);
    type !== Object.prototype;
    type = Object.getPrototypeOf(type)
  )
    own.push(...Object.getOwnPropertyNames(type).filter((name) => name !== 'constructor'));
  const below = Object.entries(resource).flatMap(([name, member]) =>
    isResource(member) && !name.startsWith('_') ? methodsOf(member, `${prefix}${name}.`) : [],
  );
  return [...own.map((name) => prefix + name), ...below];
}

const isResource = (member: unknown): member is object =>
  typeof member === 'object' && member !== null && '_client' in member;

/** Everything that a list of the SDK gives, page after page to the end. */
export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) {
    items.push(item);
    if (items.length > 10_000) throw new Error('the list does not end');
  }
  return items;
}
