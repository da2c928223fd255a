import type { LiveDnsRecord } from '../live/snapshot.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import type { DnsAnswer } from './reply.js';
import { RECORD_TYPE } from './wire.js';

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
  store.onChange((changes) => {
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
