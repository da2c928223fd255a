import type {
  LiveDnsRecord,
  LiveLoadBalancer,
  LiveNoun,
  LivePublishedHostname,
  LiveZone,
} from '../live/snapshot.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import { createNameServers, type NameServers } from './name-servers.js';

/**
 * Which names there are. The zones are those that the configuration has, and of a partial zone, which DNS does not speak for
 * otherwise, what has a load balancer, enabled or not, a published host name or a record.
 */
export interface NameIndex {
  /** The apex of the deepest zone that `name` (lower case, no dot at the end) is in; undefined outside of all. */
  zoneOf(name: string): string | undefined;
  /** Of the zones. */
  readonly nameServers: NameServers;
  /**
   * The longest name, `name` itself or one above it, that exists: an enabled load balancer, a published host name, a record
   * or a name server has it or a name below it, or it is an apex. Whatever records it has, a wildcard above it takes neither it nor
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

  const counted: { readonly [N in LiveNoun]?: (object: never, step: 1 | -1) => void } = {
    zone: ({ name }: LiveZone, step) => count(name, null, step),
    load_balancer: ({ zoneName, name, enabled }: LiveLoadBalancer, step) =>
      count(zoneName, enabled ? name : null, step),
    published_hostname: ({ zoneName, hostname }: LivePublishedHostname, step) =>
      count(zoneName, hostname, step),
    dns_record: ({ zoneName, name }: LiveDnsRecord, step) => count(zoneName, name, step),
  };

  function follow(noun: LiveNoun, object: unknown, step: 1 | -1): void {
    if (object) counted[noun]?.(object as never, step);
  }

  const { zones: there, loadBalancers, publishedHostnames, dnsRecords } = store.snapshot;
  for (const zone of there.values()) follow('zone', zone, 1);
  for (const loadBalancer of loadBalancers.values()) follow('load_balancer', loadBalancer, 1);
  for (const published of publishedHostnames.values()) follow('published_hostname', published, 1);
  for (const record of dnsRecords.values()) follow('dns_record', record, 1);
  store.onChange((changes) => {
    for (const { noun, before, after } of changes) {
      follow(noun, before, -1);
      follow(noun, after, 1);
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
