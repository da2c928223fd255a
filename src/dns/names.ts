import { nameServersOf } from '../net/hostnames.js';
import type {
  LiveDnsRecord,
  LiveLoadBalancer,
  LiveNoun,
  LivePublishedHostname,
  LiveZone,
} from '../state/snapshot.js';
import type { SnapshotStore } from '../state/snapshot-store.js';
import { RECORD_TYPE } from './query.js';
import type { DnsAnswer } from './reply.js';

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

/** Follows the store. `nameServerNames` as `nameServersOf` takes them. */
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
  store.onChange('indexes', (changes) => {
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

/** Which name servers the zones have: their NS records, and the names that therefore exist. */
interface NameServers {
  /** Of a zone, without a dot at the end: the targets of its NS records. The first is the MNAME of its SOA. Never empty. */
  of(apex: string): readonly string[];
  /** Whether `name` is a name server of one of our zones and lies in one of them, so that we have its addresses. */
  has(name: string): boolean;
  /** Whether `name` is such a name server, or lies above one (an empty non-terminal, RFC 8020 section 3.1). */
  exists(name: string): boolean;
}

/** `names` are as `nameServersOf` takes them; `isApex` says whether a zone has that name. */
function createNameServers(names: readonly string[], isApex: (name: string) => boolean): NameServers {
  const labels = new Set(names.filter((name) => !name.includes('.')));
  const absolute = new Set(names.filter((name) => name.includes('.')));
  const above = new Set([...absolute].flatMap(ancestors));

  function has(name: string): boolean {
    if (absolute.has(name)) return [name, ...ancestors(name)].some(isApex);
    const dot = name.indexOf('.');
    return labels.has(name.slice(0, Math.max(dot, 0))) && isApex(name.slice(dot + 1));
  }

  return {
    of: (apex) => nameServersOf(names, apex),
    has,
    exists: (name) => above.has(name) || has(name),
  };
}

function ancestors(name: string): string[] {
  const labels = name.split('.');
  return labels.slice(1).map((_label, index) => labels.slice(index + 1).join('.'));
}

/** The records of one name. */
export interface RecordSet {
  /** Of the type with this number, in the order in which they came. */
  of(type: number): readonly LiveDnsRecord[];
  /** The alias that the name is. */
  readonly alias: LiveDnsRecord | undefined;
}

export interface RecordSets {
  /** Those of exactly this name, which may begin with `*.`. */
  at(apex: string, name: string): RecordSet | undefined;
}

/** Follows the store: a question costs the look-up of a name and of a type. */
export function createRecordSets(store: SnapshotStore): RecordSets {
  const sets = new Map<string, Map<number, LiveDnsRecord[]>>();
  const keyOf = (apex: string, name: string) => `${apex} ${name}`;

  function add(record: LiveDnsRecord): void {
    const key = keyOf(record.zoneName, record.name);
    const types = sets.get(key) ?? new Map<number, LiveDnsRecord[]>();
    sets.set(key, types);
    const number = RECORD_TYPE[record.type];
    types.set(number, [...(types.get(number) ?? []), record]);
  }

  function remove(record: LiveDnsRecord): void {
    const key = keyOf(record.zoneName, record.name);
    const types = sets.get(key);
    const number = RECORD_TYPE[record.type];
    const left = types?.get(number)?.filter(({ id }) => id !== record.id) ?? [];
    if (left.length > 0) types?.set(number, left);
    else types?.delete(number);
    if (types?.size === 0) sets.delete(key);
  }

  for (const record of store.snapshot.dnsRecords.values()) add(record);
  store.onChange('indexes', (changes) => {
    for (const { noun, before, after } of changes) {
      if (noun !== 'dns_record') continue;
      if (before) remove(before as LiveDnsRecord);
      if (after) add(after as LiveDnsRecord);
    }
  });

  return {
    at(apex, name) {
      const types = sets.get(keyOf(apex, name));
      return (
        types && {
          of: (type) => types.get(type) ?? [],
          alias: types.get(RECORD_TYPE.CNAME)?.[0],
        }
      );
    },
  };
}

/** As an answer has it: a wildcard's under the name that was asked for. */
export function recordAnswer(record: LiveDnsRecord, name: string): DnsAnswer {
  const { type, ttl, data } = record;
  return type === 'TXT'
    ? { type, name, ttl, data: data.map((bytes) => Buffer.from(bytes, 'latin1')) }
    : { type, name, ttl, data: data[0]! };
}
