import { type Cidr, maskedBytes } from './cidr.js';
import type { Ip } from './ip.js';

/** Values by network; `lookup` answers with the one of the longest prefix that covers an address. */
export interface PrefixMap<V> {
  /** One value for each network: a second one replaces the first. */
  set(cidr: Cidr, value: V): void;
  /** Whether there was a value for exactly this network. */
  delete(cidr: Cidr): boolean;
  lookup(ip: Ip): V | undefined;
  readonly size: number;
}

interface PrefixLength<V> {
  readonly prefix: number;
  readonly networks: Map<string, V>;
}

/**
 * One hash map for each prefix length in use, longest first: a look-up costs as many hash look-ups as there are different
 * lengths, whatever the number of networks. IPv4 and IPv6 are separate: `0.0.0.0/0` does not cover IPv6.
 */
export function createPrefixMap<V>(): PrefixMap<V> {
  const families: Record<4 | 6, PrefixLength<V>[]> = { 4: [], 6: [] };

  return {
    get size() {
      return [...families[4], ...families[6]].reduce((sum, { networks }) => sum + networks.size, 0);
    },
    set(cidr, value) {
      const lengths = families[cidr.family];
      const at = lengths.findIndex(({ prefix }) => prefix <= cidr.prefix);
      const index = at < 0 ? lengths.length : at;
      if (lengths[index]?.prefix !== cidr.prefix) {
        lengths.splice(index, 0, { prefix: cidr.prefix, networks: new Map() });
      }
      lengths[index]!.networks.set(keyOf(cidr.network, cidr.prefix), value);
    },
    delete(cidr) {
      const lengths = families[cidr.family];
      const index = lengths.findIndex(({ prefix }) => prefix === cidr.prefix);
      const networks = lengths[index]?.networks;
      if (!networks?.delete(keyOf(cidr.network, cidr.prefix))) return false;
      if (networks.size === 0) lengths.splice(index, 1);
      return true;
    },
    lookup(ip) {
      for (const { prefix, networks } of families[ip.family]) {
        const key = keyOf(ip, prefix);
        // Not `get() !== undefined`: undefined may be a value, and it must hide the shorter prefixes.
        if (networks.has(key)) return networks.get(key);
      }
      return undefined;
    },
  };
}

function keyOf(ip: Ip, prefix: number): string {
  return String.fromCharCode(...maskedBytes(ip, prefix));
}
