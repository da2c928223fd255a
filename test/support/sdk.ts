import Cloudflare from 'cloudflare';
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
  /** The resource; what is called through it counts once it has succeeded. */
  readonly calls: T;
  /** Methods of the resource and of all below it that never succeeded: `pools.health.get`. */
  neverCalled(): string[];
}

/** Watches which methods of a resource of the SDK are used. */
export function recorded<T extends object>(resource: T): Recorded<T> {
  const succeeded = new Set<string>();
  return {
    calls: watch(resource, '', succeeded),
    neverCalled: () => methodsOf(resource, '').filter((name) => !succeeded.has(name)),
  };
}

function watch<T extends object>(resource: T, prefix: string, succeeded: Set<string>): T {
  return new Proxy(resource, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (typeof key !== 'string' || key.startsWith('_')) return member;
      if (isResource(member)) return watch(member, `${prefix}${key}.`, succeeded);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const answer = member.apply(target, args);
        answer.then(
          () => succeeded.add(prefix + key),
          () => undefined,
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
