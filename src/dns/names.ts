import type { LiveLoadBalancer, LivePublishedHostname } from '../live/snapshot.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import { createNameServers, type NameServers } from './name-servers.js';

/** Which names there are. The zones are those that have a load balancer, enabled or not, or a published host name. */
export interface NameIndex {
  /** The apex of the deepest zone that `name` (lower case, no dot at the end) is in; undefined outside of all. */
  zoneOf(name: string): string | undefined;
  /** Of the zones. */
  readonly nameServers: NameServers;
  /**
   * The longest name, `name` itself or one above it, that exists: an enabled load balancer, a published host name or a name
   * server has it or a name below it, or it is an apex. Whatever records it has, a wildcard above it takes neither it nor
   * anything below it (RFC 4592 section 3.3.1).
   */
  closestExisting(name: string): string | undefined;
}

/** Follows the store. `nameServerNames` as `createNameServers` takes them. */
export function createNameIndex(store: SnapshotStore, nameServerNames: readonly string[]): NameIndex {
  const zones = new Map<string, number>();
  const nameServers = createNameServers(nameServerNames, (name) => zones.has(name));
  const names = new Map<string, number>();

  function count(zoneName: string, name: string | null, step: 1 | -1): void {
    // One of an account, or of this data plane alone, stands in no zone.
    if (zoneName === '') return;
    add(zones, zoneName, step);
    if (name !== null) for (const one of upTo(name, zoneName)) add(names, one, step);
  }

  const countLoadBalancer = ({ zoneName, name, enabled }: LiveLoadBalancer, step: 1 | -1) =>
    count(zoneName, enabled ? name : null, step);
  const countPublished = ({ zoneName, hostname }: LivePublishedHostname, step: 1 | -1) =>
    count(zoneName, hostname, step);

  for (const loadBalancer of store.snapshot.loadBalancers.values()) countLoadBalancer(loadBalancer, 1);
  for (const published of store.snapshot.publishedHostnames.values()) countPublished(published, 1);
  store.onChange((changes) => {
    for (const { noun, before, after } of changes) {
      if (noun === 'load_balancer') {
        if (before) countLoadBalancer(before as LiveLoadBalancer, -1);
        if (after) countLoadBalancer(after as LiveLoadBalancer, 1);
      } else if (noun === 'published_hostname') {
        if (before) countPublished(before as LivePublishedHostname, -1);
        if (after) countPublished(after as LivePublishedHostname, 1);
      }
    }
  });

  return {
    zoneOf(name) {
      for (const one of suffixes(name)) if (zones.has(one)) return one;
      return undefined;
    },
    nameServers,
    closestExisting(name) {
      for (const one of suffixes(name)) {
        if (names.has(one) || zones.has(one) || nameServers.exists(one)) return one;
      }
      return undefined;
    },
  };
}

function add(counts: Map<string, number>, key: string, step: number): void {
  const count = (counts.get(key) ?? 0) + step;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** The name itself and everything above it, down to the last label. */
function* suffixes(name: string): Generator<string> {
  yield name;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

function* upTo(name: string, apex: string): Generator<string> {
  for (const one of suffixes(name)) {
    yield one;
    if (one === apex) return;
  }
}
